#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_script.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_script
short_description: End a script that blocks a Redis server
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    C(SCRIPT KILL) or C(FUNCTION KILL), which the server carries out only when nothing was
    written. One that has written is left alone; C(SHUTDOWN NOSAVE) is never sent.
options:
  state:
    description: What is to become of it.
    type: str
    choices: [killed]
    required: true
  what:
    description: What blocks the server, as its own answer says.
    type: str
    choices: [script, function]
    default: script
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: End the script
  oncall.runbooks.redis_script:
    run: "{{ incident_run }}"
    state: killed
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: What came of it, in C(summary).
  returned: success
  type: dict
  sample: {summary: the script was ended}
"""
