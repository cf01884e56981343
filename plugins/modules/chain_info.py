#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/chain_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: chain_info
short_description: Read the nodes of a chain that a service may use
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Asks each endpoint of the service's C(wallet), C(rpc) or C(chain_node) entry for its newest block: its height,
    its age where the node tells it, and its chain.
  - With C(from=inside) it is asked from where the service lives.
  - An address is shown without its path, which may be a key.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the nodes
  oncall.runbooks.chain_info:
    run: "{{ incident_run }}"
  register: diagnostics_chain
"""

RETURN = r"""
reading:
  description: See C(docs/contracts.md), "Node". C(in_use) is the number of the one that the service is set to.
  returned: success
  type: dict
  sample: {in_use: 0, nodes: [{endpoint: "rpc:8080", height: 1042, age_s: null, refused: null, behind: 0}]}
"""
