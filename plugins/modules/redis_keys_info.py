#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_keys_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_keys_info
short_description: Sample what a Redis server keeps, and measure its hit rate
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks at 400 random keys, whatever their number: the share of each prefix that the
    catalog calls a cache, of keys with an expiry, the largest ones. The cost does not grow
    with the number of keys; C(KEYS) is never sent.
  - >-
    The hit rate and the evictions are those of C(interval_seconds), by two readings. Of the
    names of keys only their shape is kept.
  - >-
    A refusal is a reading, too.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Sample the keys
  oncall.runbooks.redis_keys_info:
    run: "{{ incident_run }}"
  register: diagnostics_redis_keys
"""

RETURN = r"""
reading:
  description: C(refused), and C(document) with C(memory), C(keys) and C(rates).
  returned: success
  type: dict
  sample: {refused: null, document: {keys: {total: 120000, sampled: 398, with_ttl_percent: 40.5}}}
"""
