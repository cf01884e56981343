#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_setting.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_setting
short_description: Set maxmemory of a Redis server that runs
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    C(CONFIG SET), which a restart forgets. Refused when more is used than a lower value
    would allow: keys would be evicted, or writes refused.
options:
  name:
    description: The setting.
    type: str
    choices: [maxmemory]
    required: true
  value:
    description: Its value, in bytes.
    type: int
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Set maxmemory
  oncall.runbooks.redis_setting:
    run: "{{ incident_run }}"
    name: maxmemory
    value: "{{ incident_entry.parameters.bytes }}"
    fence: "{{ incident_fence }}"
  register: scaling_changed
"""

RETURN = r"""
after:
  description: The value that counts now.
  returned: success
  type: dict
  sample: {maxmemory: 134217728}
"""
