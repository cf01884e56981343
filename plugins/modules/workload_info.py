#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/workload_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: workload_info
short_description: Read what services run on, in one look
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Answers the same document for each platform of the catalog: instances with their state,
    health, restarts and last end, the release in use and those before it, and what only that
    platform can know, as conditions.
  - Services of one place (a Compose project, a host, a namespace) are read with one request.
  - A refusal is a reading, too; the task succeeds and RV(reading) says what refused and why.
options:
  services:
    description: Names from the catalog, all of one platform and host. Without any, the service of the run's host.
    type: list
    elements: str
    default: []
  again:
    description:
      - Whether this is one more reading of a wait. What only a deployment changes, as what the compose files say
        and which images there are, is then taken from the last reading of this run that was none.
    type: bool
    default: false
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read what the service runs on
  oncall.runbooks.workload_info:
    run: "{{ incident_run }}"
  register: diagnostics_workload
"""

RETURN = r"""
reading:
  description: The state of the run's own service; see docs/contracts.md, "Workload".
  returned: success
  type: dict
  sample: {platform: compose, desired: 1, instances: [{name: shop-api-1, state: running, ready: true}]}
readings:
  description: The same by name, for each of O(services).
  returned: success
  type: dict
  sample: {api: {platform: compose, desired: 1}}
"""
