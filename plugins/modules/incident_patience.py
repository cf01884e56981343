#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_patience.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_patience
short_description: Give a service time to come back by itself
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    A service that failed only because another one did is well again soon after that one is back.
    Waits a moment and answers that it is not done yet, until the findings are ok or the scenario's
    C(grace_seconds) are over.
  - When this run changed nothing that the service needs, there is nothing to wait for.
options:
  findings:
    description: The findings of the last reading.
    type: list
    elements: dict
    required: true
  needs:
    description: What each service depends on, as M(oncall.runbooks.dependencies_info) answers it.
    type: dict
    required: true
  progress:
    description: RV(progress) of the time before.
    type: dict
    default: {}
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Give it time
  oncall.runbooks.incident_patience:
    run: "{{ incident_run }}"
    findings: "{{ diagnostics_findings }}"
    needs: "{{ diagnostics_readings.dependencies.needs }}"
  register: recovery_patience
"""

RETURN = r"""
done:
  description: Whether the decision can be taken now.
  returned: success
  type: bool
  sample: true
progress:
  description: Where the wait stands; for the next call.
  returned: success
  type: dict
  sample: {started: 1234.5, attempts: 2}
"""
