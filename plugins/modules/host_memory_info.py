#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/host_memory_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: host_memory_info
short_description: Read how much memory the service's host has left
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads C(/proc/meminfo) of the host, where that is the machine the service runs on; on Kubernetes
    what the pods of its node with the least room were not promised, which takes C(get) of nodes and
    C(list) of the pods of all namespaces. Of what somebody else runs nothing is known.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read how much memory is left
  oncall.runbooks.host_memory_info:
    run: "{{ incident_run }}"
  register: diagnostics_memory
"""

RETURN = r"""
reading:
  description: C(total_bytes) and C(available_bytes); null where nobody tells.
  returned: success
  type: dict
  sample: {total_bytes: 8325206016, available_bytes: 5112147968}
"""
