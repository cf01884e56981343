#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/rpc_setting_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: rpc_setting_info
short_description: Tell the variable that lets a service use a node
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - Answers a variable and its value, for C(set_env) of the role C(workload). The value may hold a key; use C(no_log).
options:
  endpoint:
    description: The number of the endpoint, from 0 on. Null is what is deployed.
    type: int
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Look up what to set
  oncall.runbooks.rpc_setting_info:
    run: "{{ incident_run }}"
    endpoint: 1
  register: recovery_setting
  no_log: true
"""

RETURN = r"""
environment:
  description: The variable by its name.
  returned: success
  type: dict
  sample: {RPC_URL: "http://rpc-fallback:8080"}
"""
