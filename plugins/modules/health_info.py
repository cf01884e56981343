#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/health_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: health_info
short_description: Ask services how they are, as the catalog says
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Asks C(health.url) of the catalog, from the controller or from the service's host
    (C(health.from)), or runs C(health.command) where the service lives.
  - >-
    One question is bounded by C(health.seconds) in all, by 64 KiB, and by 5 redirects.
    Certificates are always verified. The environment's proxy is used, but never for a loopback or
    private address or for a name without a dot.
  - >-
    On a host it takes curl, else python3, else wget.
  - A failure is a reading, too; the task succeeds and its C(reason) says what went wrong.
options:
  services:
    description: Names from the catalog, all of one host. Without any, the service of the run's host.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Ask the service how it is
  oncall.runbooks.health_info:
    run: "{{ incident_run }}"
  register: diagnostics_health
"""

RETURN = r"""
reading:
  description: >-
    What the run's own service answered. C(reason) is C(ok) or a reason of the check C(health);
    C(target) is null when the catalog has no C(health) for it; C(seconds) is how long it took.
  returned: success
  type: dict
  sample: {target: "http://127.0.0.1:3001/health", from: host, reason: ok, message: "", status: 200, seconds: 0.012}
readings:
  description: The same by name, for each of O(services).
  returned: success
  type: dict
  sample: {api: {target: "http://127.0.0.1:3001/health", reason: connection_refused}}
"""
