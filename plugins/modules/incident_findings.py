#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_findings.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_findings
short_description: Grade readings into findings
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Holds what the probes brought against each check, keeps the readings as evidence with their
    SHA-256, and writes the findings to the journal.
  - >-
    A check without a reading is C(unknown), never C(ok).
options:
  checks:
    description: Names of the checks, files under C(plugins/module_utils/checks/).
    type: list
    elements: str
    required: true
  readings:
    description: What each probe brought, by the probe's name.
    type: dict
    required: true
  stage:
    description: What the findings are for. Those of a verification keep no copy of the reading.
    type: str
    choices: [diagnosis, under_lock, verification]
    default: diagnosis
  attempt:
    description: Number of the reading within its stage.
    type: int
    default: 1
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Grade
  oncall.runbooks.incident_findings:
    run: "{{ incident_run }}"
    checks: [postgresql_access, postgresql_connections]
    readings:
      postgresql: "{{ diagnostics_postgresql.reading }}"
  register: diagnostics_graded
"""

RETURN = r"""
findings:
  description: The findings; see docs/contracts.md.
  returned: success
  type: list
  elements: dict
  sample:
    - {check: postgresql_connections, service: db, severity: crit, reason: idle_sessions, value: 100.0}
"""
