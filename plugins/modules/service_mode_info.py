#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/service_mode_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: service_mode_info
short_description: Read whether a service is in maintenance, or its processing is paused
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs C(commands.maintenance_status) or C(commands.status) of the catalog where the service lives.
    The first tells C(on) or C(off), the second C(paused) or C(running); anything else is not understood.
  - C(commands.in_flight), where there is one, prints how many pieces of work are being done.
options:
  mode:
    description: Which mode.
    type: str
    choices: [maintenance, processing]
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read whether it is in maintenance
  oncall.runbooks.service_mode_info:
    run: "{{ incident_run }}"
    mode: maintenance
  register: diagnostics_mode
"""

RETURN = r"""
reading:
  description: C(state) is C(entered), C(left) or C(unknown); C(in_flight) is null where nobody counts.
  returned: success
  type: dict
  sample: {mode: maintenance, state: left, message: "off", in_flight: null}
"""
