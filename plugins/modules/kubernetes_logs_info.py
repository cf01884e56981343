# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/kubernetes_logs_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_logs_info
short_description: Read the end of the logs of a service's pods
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
requirements:
  - kubernetes >= 36 (on the controller)
description:
  - >-
    Reads the last lines of the service's container in each of its pods, and of all containers of a
    pod that does not run.
  - Of a container that was restarted also what the one before it wrote, which tells why it ended.
  - At most 256 KiB of a container, and of 20 pods. Changes nothing.
  - The text is as the service wrote it, and may hold secrets. Use C(no_log=true), and redact it before it is kept.
options:
  service:
    description: Name of the service in the catalog, whose platform is C(kubernetes).
    type: str
    required: true
  lines:
    description: How many lines of each container, at most.
    type: int
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the logs of its pods
  oncall.runbooks.kubernetes_logs_info:
    run: "{{ workload_run }}"
    service: api
    lines: 200
  no_log: true
  register: workload_done
"""

RETURN = r"""
after:
  description: C(logs), by pod and container.
  returned: success
  type: dict
  sample: {logs: [{instance: "api-5f7d9c6b8-abcde/api", text: "listening on 8080\n"}]}
"""
