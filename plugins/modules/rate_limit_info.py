#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/rate_limit_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: rate_limit_info
short_description: Read the counters of a rate limit, and what a service's log tells of limits
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks at the counters under the C(rate_limit_prefixes) of the Redis that the service's C(rate_limit) names: 100
    steps of C(SCAN) and 2000 counters at most, so its cost does not grow with the number of keys.
  - >-
    Reads the end of the service's log (C(log_lines), C(minutes), 1 MiB): requests that it refused with 429, and
    until when others ask it to wait (C(Retry-After)). Of the log only these figures are kept, and of a
    client that looks like a key its first characters.
  - A refusal is a reading, too.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the counters and the log
  oncall.runbooks.rate_limit_info:
    run: "{{ incident_run }}"
  register: diagnostics_rate_limits
"""

RETURN = r"""
reading:
  description: C(redis), C(prefixes), C(refused), C(counters), C(log), and C(log_missed), why there is none.
  returned: success
  type: dict
  sample:
    redis: redis
    prefixes: ["rate_limit:"]
    refused: null
    counters: {limit: 100, whole: true, counters: 12, readable: 12, requests: 340, limited: 1, stuck: 0}
    log: {requests: 900, refused: 40, upstream: 0, until: null, waits_s: null, top: []}
    log_missed: ""
"""
