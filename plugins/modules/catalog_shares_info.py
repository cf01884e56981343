#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/catalog_shares_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: catalog_shares_info
short_description: Share out who reads what of a whole catalog
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Each Compose project, namespace, machine, database and Redis is read once, by the first host that leads
    there; an application's own answers are asked for each service.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Share the reading out, so that nothing is read twice
  oncall.runbooks.catalog_shares_info:
    run: "{{ incident_run }}"
  run_once: true
  register: diagnostics_shares
"""

RETURN = r"""
shares:
  description: >-
    By host. The machine that its connection leads to, whether it is to look at that machine, and
    the services
    whose workload, health, database and Redis it reads, and the probes that its own service's kind calls for.
  returned: success
  type: dict
  sample: {db: {machine: app-1, look: true, workloads: [[db, api]], health: [db], databases: [db], probes: []}}
"""
