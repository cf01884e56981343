#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_history_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_history_info
short_description: Read what runbooks did to the service lately, and what of it is still in force
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks through the journals of all incidents in the state folder, and at what other control nodes left beside the
    service's lock. Changes nothing.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read what was done lately
  oncall.runbooks.incident_history_info:
    run: "{{ incident_run }}"
  register: diagnostics_history
"""

RETURN = r"""
reading:
  description: >-
    C(changes) of the last hour, the newest last, and C(open), those with an expiry that can still
    be undone; C(now), when they were read.
  returned: success
  type: dict
  sample: {now: "2026-11-21T03:04:05.000000Z", changes: [], open: []}
"""
