#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_integrity_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_integrity_info
short_description: Ask a PostgreSQL server whether its data is whole
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads how many pages were damaged when they were read, where checksums are on, and runs the queries of
    C(backup.integrity), each as a part of one read-only statement of at most a minute.
  - >-
    A query that fails is an answer, too.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Ask whether the data is whole
  oncall.runbooks.postgresql_integrity_info:
    run: "{{ incident_run }}"
  register: diagnostics_integrity
"""

RETURN = r"""
reading:
  description: C(checksums), C(queries) with C(expect), C(value) and C(error), C(refused).
  returned: success
  type: dict
  sample: {refused: null, checksums: {'on': true, failures: []}, queries: []}
"""
