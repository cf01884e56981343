#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_snapshot_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_snapshot_info
short_description: Read everything about a Redis server in one connection
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Whether it serves, its role, persistence, connections, memory, and how long it takes to
    answer, sampled by its own clock. Redis 6 to 8, and Valkey.
  - >-
    Over C(via: tcp) with redis-py on the controller, or C(via: exec) with C(redis-cli)
    where the server lives. Nothing waits for ever, also when the server hangs.
  - >-
    A refusal is a reading, too: the task succeeds and RV(reading) says why. The password
    comes from the catalog and is never an argument, an environment variable or part of a
    result; of slow commands only the names are kept.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read Redis
  oncall.runbooks.redis_snapshot_info:
    run: "{{ incident_run }}"
  register: diagnostics_redis
"""

RETURN = r"""
reading:
  description: C(user), C(via), C(version), C(refused) (null, or C(reason) and C(message)), C(document), C(declared).
  returned: success
  type: dict
  sample: {user: default, via: tcp, version: Redis 7.0.15, refused: null, document: {role: {role: master}}}
"""
