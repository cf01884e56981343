#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_verification.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_verification
short_description: Judge whether the symptom is gone and stays gone
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Takes one reading's findings after a change. Healthy means every finding that justified a
    change is ok, for C(hold_seconds) without a break, within C(timeout_seconds).
  - >-
    Waits a little before it asks for the next reading, and renews the lock's lease meanwhile.
options:
  findings:
    description: The findings of the newest reading.
    type: list
    elements: dict
    required: true
  entries:
    description: The entries of the plan that were carried out.
    type: list
    elements: dict
    required: true
  fence:
    description: The fencing number of the lock.
    type: int
    required: true
  progress:
    description: The RV(progress) of the attempt before.
    type: dict
    default: {}
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Judge the reading, and wait before the next
  oncall.runbooks.incident_verification:
    run: "{{ incident_run }}"
    findings: "{{ diagnostics_findings }}"
    entries: "{{ decision_entries }}"
    fence: "{{ decision_fence }}"
    progress: "{{ verification_step.progress | default({}) }}"
  register: verification_step
"""

RETURN = r"""
done:
  description: Whether the verification has ended, well or badly.
  returned: success
  type: bool
  sample: true
progress:
  description: What the next attempt goes on from.
  returned: success
  type: dict
  sample: {started: 1795230245.1, attempts: 2, first_healthy: 1795230245.3, healthy_since: 1795230245.3, held_s: 1.2}
"""
