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
    One attempt after a change: reads, grades and judges. Healthy means every finding that justified
    a change is ok, for C(hold_seconds) without a break, within C(timeout_seconds).
  - >-
    Unless that ends it, waits a little and renews the lock's lease; repeat it with C(until).
  - The probe C(dependencies) is left out. It reads other hosts and proves nothing about this service.
options:
  entries:
    description: The entries of the plan that were carried out.
    type: list
    elements: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence, oncall.runbooks.diagnosis]
"""

EXAMPLES = r"""
- name: Read until the symptom is gone and stays gone
  oncall.runbooks.incident_verification:
    run: "{{ incident_run }}"
    probes: [workload, health]
    checks: [workload, health]
    entries: "{{ decision_entries }}"
    fence: "{{ decision_fence }}"
  register: verification_step
  until: verification_step.done
  retries: 200000
  delay: 0
"""

RETURN = r"""
done:
  description: Whether the verification has ended, well or badly.
  returned: success
  type: bool
  sample: true
"""
