#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_index.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_index
short_description: Rebuild one index of a PostgreSQL server while it is in use
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs C(REINDEX INDEX CONCURRENTLY) on one index, which keeps no writer out. After nine minutes it is
    cancelled; what it then leaves is an invalid index of its own name, which the failure tells of.
  - >-
    Where the catalog's C(user) may not, the C(admin) connection is used and journalled.
  - >-
    In check mode it only looks whether the index is there.
options:
  state:
    description: What is to become of the index.
    type: str
    choices: [rebuilt]
    required: true
  schema:
    description: The index's schema.
    type: str
    required: true
  name:
    description: The index's name.
    type: str
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Rebuild the index while it is in use
  oncall.runbooks.postgresql_index:
    run: "{{ incident_run }}"
    state: rebuilt
    schema: public
    name: orders_customer_idx
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: Whether the index is C(valid) now, and its C(bytes).
  returned: success
  type: dict
  sample: {valid: true, bytes: 2236416}
"""
