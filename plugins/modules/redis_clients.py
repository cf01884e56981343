#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_clients.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_clients
short_description: End idle connections of a Redis server within limits
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks at each listed connection again, and ends those that are still the same and still
    idle. The server leaves replicas and subscribers alone itself (C(TYPE normal)).
  - >-
    Never ends replication, subscribers, clients that wait in a blocking command or are in a
    transaction, Sentinel, C(protected_clients) of the catalog, and its own. Never more than
    C(max_end).
  - >-
    In check mode it answers what would be ended.
options:
  state:
    description: What is to become of the connections.
    type: str
    choices: [ended]
    required: true
  clients:
    description: The connections as they were read.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The server's number of the connection.
        type: int
        required: true
      addr:
        description: Where it comes from; with the number, its identity.
        type: str
        required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: End the connections
  oncall.runbooks.redis_clients:
    run: "{{ incident_run }}"
    state: ended
    clients: "{{ incident_entry.parameters.clients }}"
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: C(ended) connections and C(skipped) ones with the reason.
  returned: success
  type: dict
  sample: {ended: [{id: 4, addr: "10.0.0.7:41002", name: checkout, idle: 900}], skipped: [{id: 5, reason: gone}]}
"""
