#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_diagnosis.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_diagnosis
short_description: Read a service and grade the readings into findings
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs each probe, read-only and also in check mode, and holds what it brought against the checks.
    Keeps the readings as evidence with their SHA-256, and writes the findings to the journal.
  - >-
    A check without a reading is C(unknown), never C(ok).
options:
  dependencies:
    description: The results of M(oncall.runbooks.dependency_info), for the probe C(dependencies).
    type: list
    elements: dict
    default: []
  stage:
    description: What the findings are for. Those of a verification keep no copy of the reading.
    type: str
    choices: [diagnosis, under_lock, verification]
    default: diagnosis
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.diagnosis]
"""

EXAMPLES = r"""
- name: Read and grade
  oncall.runbooks.incident_diagnosis:
    run: "{{ incident_run }}"
    probes: [postgresql]
    checks: [postgresql_access, postgresql_connections]
  register: diagnostics_diagnosis
"""

RETURN = r"""
readings:
  description: What each probe brought, by its name; see docs/contracts.md.
  returned: success
  type: dict
  sample: {postgresql: {user: oncall, way: normal, version: PostgreSQL 15}}
findings:
  description: The findings; see docs/contracts.md.
  returned: success
  type: list
  elements: dict
  sample:
    - {check: postgresql_connections, service: db, severity: crit, reason: idle_sessions, value: 100.0}
"""
