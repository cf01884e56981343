#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/service_mode.py

from __future__ import annotations

DOCUMENTATION = r"""
module: service_mode
short_description: Put a service into maintenance, pause its processing or let a bot poll, or end that
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs the catalog's command for it where the service lives, after it has asked for the state, and
    asks again after it. A command that succeeds without an effect fails this task.
  - Confirms the lock right before the command. Does nothing when the service is in that state already.
options:
  mode:
    description: Which mode.
    type: str
    choices: [maintenance, processing, polling]
    required: true
  state:
    description: V(entered) is maintenance, paused, or polling; V(left) is in service, running, or by webhook.
    type: str
    choices: [entered, left]
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Put it into maintenance
  oncall.runbooks.service_mode:
    run: "{{ incident_run }}"
    mode: maintenance
    state: entered
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: The state after it.
  returned: success
  type: dict
  sample: {state: entered}
"""
