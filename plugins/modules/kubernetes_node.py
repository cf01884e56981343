#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/kubernetes_node.py

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_node
short_description: Close a node to new pods, let those of a service leave it, or open it again
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Pods are evicted one at a time, the next one when as many serve as before; never deleted, and never
    against a disruption budget. When that does not end in time, the node is opened again.
  - >-
    On the node, the annotation C(oncall.runbooks/cordoned-for) names the incident. Only a node that has it is
    opened again, and while another node has it, none is closed.
  - Confirms the lock before each step. Does nothing when it is so already.
options:
  node:
    description: Its name.
    type: str
    required: true
  state:
    description: V(cordoned) takes no new pods; V(drained) has none of the service either; V(open) takes them.
    type: str
    choices: [cordoned, drained, open]
    required: true
  minimum:
    description: So many pods of the service stay ready all the time.
    type: int
    default: 1
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Close a node, and let the pods of the service leave it
  oncall.runbooks.kubernetes_node:
    run: "{{ incident_run }}"
    node: worker-3
    state: drained
    minimum: 2
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: The node after it.
  returned: success
  type: dict
  sample: {node: worker-3, cordoned: true, evicted: 2}
"""
