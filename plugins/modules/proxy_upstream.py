#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/proxy_upstream.py

from __future__ import annotations

DOCUMENTATION = r"""
module: proxy_upstream
short_description: Leave a server of a proxy out, or give it its share again
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    HAProxy is told by its admin socket. For nginx the server is marked C(down) in the file that the catalog
    names; the configuration is tested before nginx reloads it, and what is not valid or not loaded is put
    back. The former text of the file is kept among the evidence.
  - Confirms the lock right before the change. Does nothing when it is so already.
  - What somebody else has done to the server is left alone, and fails this task.
options:
  pool:
    description: The backend of HAProxy, or the upstream block of nginx.
    type: str
    required: true
  upstream:
    description: The server's name there.
    type: str
    required: true
  state:
    description: V(drained) gets no more new requests; V(in_use) gets its share.
    type: str
    choices: [drained, in_use]
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Leave a server out
  oncall.runbooks.proxy_upstream:
    run: "{{ incident_run }}"
    pool: web
    upstream: web1
    state: drained
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: The server as it is told of after it.
  returned: success
  type: dict
  sample: {name: web1, pool: web, address: "10.0.0.7:8080", state: drained, healthy: true, load: 2, said: DRAIN}
"""
