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
    Each attempt reads and grades, and waits a moment unless the findings are ok or the scenario's
    C(grace_seconds) are over; repeat it with C(until).
  - When this run changed nothing that the service needs, there is nothing to wait for. A scenario may know
    better, by a function C(coming_back) of its findings; it is then waited for as long as that holds.
  - >-
    Where a scenario can tell how long it takes, by a function C(estimate), the first estimate is held
    against what it took.
options:
  needs:
    description: What each service depends on, as M(oncall.runbooks.dependencies_info) answers it.
    type: dict
    required: true
  findings:
    description: What was found before, for a scenario that knows from it whether to wait.
    type: list
    elements: dict
    default: []
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.diagnosis]
"""

EXAMPLES = r"""
- name: Give it time
  oncall.runbooks.incident_patience:
    run: "{{ incident_run }}"
    probes: [workload, health]
    checks: [workload, health]
    needs: "{{ diagnostics_diagnosis.readings.dependencies.needs }}"
  register: recovery_patience
  until: recovery_patience.done
  retries: 200000
  delay: 0
"""

RETURN = r"""
done:
  description: Whether the decision can be taken now.
  returned: success
  type: bool
  sample: true
waited:
  description: Whether it was read again, so that what was known before is old.
  returned: success
  type: bool
  sample: true
"""
