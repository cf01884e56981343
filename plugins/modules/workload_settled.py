#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/workload_settled.py

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_settled
short_description: Wait until a service serves, or has stopped
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    The last step of each verb of the role C(workload): reads what the service runs on again and
    again, until every instance serves, or none runs any more.
  - >-
    An instance without a health check of its platform must run for O(hold_seconds) without a
    restart before it is believed. Fails with the outcome C(unrecovered) when the time is over.
  - Within a change it renews the lock meanwhile, by the fencing number in the variable C(incident_fence).
  - In check mode it answers at once, because nothing was done that could be waited for.
options:
  service:
    description: Name of the service in the catalog.
    type: str
    required: true
  before:
    description: Its reading, as M(oncall.runbooks.workload_info) answered it before anything was done.
    type: dict
    required: true
  expect:
    description: What is waited for.
    type: str
    choices: [serving, stopped]
    default: serving
  number:
    description: How many instances there must be, no more and no fewer. Without it, as many as there should be.
    type: int
  instance:
    description: The C(key) of the only instance that is waited for. Without it, all of them.
    type: str
  changed:
    description: Whether the verb did, or in check mode would do, anything.
    type: bool
    default: true
  hold_seconds:
    description: How long an instance without a health check must run to be believed, in seconds.
    type: float
    default: 2.0
  timeout_seconds:
    description: Give up after so many seconds. Without it, after the scenario's C(timeout_seconds), else after 120.
    type: float
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Wait until it serves
  oncall.runbooks.workload_settled:
    run: "{{ workload_run }}"
    service: "{{ workload_service }}"
    before: "{{ workload_before.reading }}"
  register: workload_done
"""

RETURN = r"""
before:
  description: What the verbs can change, as it was in O(before).
  returned: success
  type: dict
  sample: {instances: [], desired: 1, current: "sha256:4f1c", limits: {}}
after:
  description: The same of the last reading.
  returned: success
  type: dict
  sample: {instances: [{name: shop-api-1, state: running, ready: true}], desired: 1, current: "sha256:4f1c", limits: {}}
reading:
  description: The last reading; see docs/contracts.md, "Workload".
  returned: success
  type: dict
  sample: {platform: compose, desired: 1, instances: [{name: shop-api-1, state: running, ready: true}]}
"""
