#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_save.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_save
short_description: Let a Redis server save what it holds
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    C(BGSAVE), and waits for its end; a save that runs already is waited for. No key is
    changed, and C(stop-writes-on-bgsave-error) is never touched.
  - >-
    When the save fails again the task fails, and says where the server saves.
options:
  state:
    description: What is to be true.
    type: str
    choices: [saved]
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Save
  oncall.runbooks.redis_save:
    run: "{{ incident_run }}"
    state: saved
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: How the save went.
  returned: success
  type: dict
  sample: {rdb_last_bgsave_status: ok}
"""
