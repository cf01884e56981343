#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/smoke_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: smoke_info
short_description: Walk the critical paths of a service
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Sends the requests of the catalog's C(smoke) one after the other, from the controller or from
    the service's host, and runs its command C(commands.smoke) where the service lives.
  - >-
    In check mode only paths are walked that read and make nothing.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Walk its critical paths
  oncall.runbooks.smoke_info:
    run: "{{ incident_run }}"
  register: diagnostics_smoke
"""

RETURN = r"""
reading:
  description: How far each path went; C(reason) is V(ok) when to its end.
  returned: success
  type: dict
  sample: {paths: [{name: create_task, from: host, steps: 2, reason: ok, message: "", seconds: 0.5}]}
"""
