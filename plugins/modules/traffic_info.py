#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/traffic_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_info
short_description: Read who takes part in the work of a service
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    The servers behind a proxy, which the catalog's C(proxy) says how to ask for; or the nodes of the
    cluster that a service on Kubernetes runs on. What the run was asked for (C(upstream), C(node)) decides
    which, and whether it could be taken out.
  - Changes nothing. A refusal is a reading.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read who takes part in its work
  oncall.runbooks.traffic_info:
    run: "{{ incident_run }}"
  register: diagnostics_traffic
"""

RETURN = r"""
reading:
  description:
    - Each of C(members) has a C(state) of V(in_use), V(drained) or V(otherwise) (out, and not by a drain),
      C(healthy) (null where nobody knows) and C(load), the open sessions of a server or the service's pods
      on a node.
    - C(obstacles) say why nothing can be changed.
  returned: success
  type: dict
  sample:
    by: haproxy
    where: admin socket /run/haproxy/admin.sock
    refused: null
    members:
      - {name: web1, pool: web, address: "10.0.0.7:8080", state: in_use, healthy: true, load: 4, said: UP}
    obstacles: []
"""
