#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_plan.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_plan
short_description: Decide what to do about the findings
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Lets the scenario's rules propose, and holds each proposal against its risk, the approvals
    and the limits. Writes the plan to the journal.
  - >-
    What is not planned says why, and how it would be approved or done by hand.
options:
  findings:
    description: The findings to decide from.
    type: list
    elements: dict
    required: true
  readings:
    description: The readings they were graded from.
    type: dict
    required: true
  stage:
    description: Whether it is the first decision or the one under the lock.
    type: str
    choices: [diagnosis, under_lock]
    default: diagnosis
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Plan
  oncall.runbooks.incident_plan:
    run: "{{ incident_run }}"
    findings: "{{ diagnostics_diagnosis.findings }}"
    readings: "{{ diagnostics_diagnosis.readings }}"
  register: decision_plan
"""

RETURN = r"""
entries:
  description: The entries that are to be carried out, those with the status C(planned).
  returned: success
  type: list
  elements: dict
  sample: [{phase: containment, action: end_sessions, service: db, risk: safe, status: planned}]
left_behind:
  description: Whether a run that was cut off still has the lock of the service.
  returned: success
  type: bool
  sample: false
"""
