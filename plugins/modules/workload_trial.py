#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/workload_trial.py

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_trial
short_description: Watch the first instance of a new release for a while
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads what the service runs on and asks it how it is, again and again, until the instance is
    well for O(hold_seconds) without a break.
  - >-
    Fails with the outcome C(unrecovered) at once when it ends, is started again, or its platform says that
    it will not come right; and when it is not well after O(start_seconds).
  - Within a change it renews the lock meanwhile, by the fencing number in the variable C(incident_fence).
  - In check mode it answers at once, because there is nothing to watch.
options:
  service:
    description: Name of the service in the catalog.
    type: str
    required: true
  before:
    description: Its reading, as M(oncall.runbooks.workload_info) answered it before anything was done.
    type: dict
    required: true
  instance:
    description: The C(key) of the instance. Without it, all that are of another release than O(before) says.
    type: str
  judge_health:
    description:
      - Whether the service's own answer counts. One that was bad before tells nothing of one of several instances.
    type: bool
    default: true
  hold_seconds:
    description: How long it must be well, in seconds. Without it, the scenario's C(hold_seconds), else 10.
    type: float
  start_seconds:
    description:
      - How long it may take until it is well for the first time, in seconds.
      - Without it, the scenario's C(start_seconds), else 60.
    type: float
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Watch the first of them
  oncall.runbooks.workload_trial:
    run: "{{ incident_run }}"
    service: api
    before: "{{ workload_reading }}"
"""

RETURN = r"""
reading:
  description: The last reading; see docs/contracts.md, "Workload".
  returned: success
  type: dict
  sample: {platform: compose, desired: 1, instances: [{name: shop-api-1, state: running, ready: true}]}
"""
