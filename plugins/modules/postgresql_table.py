#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_table.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_table
short_description: Take new statistics of tables of a PostgreSQL server
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs C(ANALYZE) on each table, for at most 60 seconds, and waits one second for its lock. A table
    that cannot be analyzed is skipped, with the reason.
  - >-
    Where the catalog's C(user) may not, the C(admin) connection is used and journalled.
  - >-
    In check mode it answers what would be analyzed.
options:
  state:
    description: What is to become of the tables.
    type: str
    choices: [analyzed]
    required: true
  tables:
    description: The tables; at most 20 are taken.
    type: list
    elements: dict
    required: true
    suboptions:
      schema:
        description: The table's schema.
        type: str
        required: true
      name:
        description: The table's name.
        type: str
        required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Take new statistics of the tables
  oncall.runbooks.postgresql_table:
    run: "{{ incident_run }}"
    state: analyzed
    tables: "{{ incident_entry.parameters.tables }}"
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: The tables that were C(analyzed), and the C(skipped) ones with the reason.
  returned: success
  type: dict
  sample: {analyzed: [public.orders], skipped: []}
"""
