#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/catalog_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: catalog_info
short_description: Read one host's share of a whole catalog
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads what the services run on, asks for their health, reads databases and Redis, asks what the kind of its own
    service calls for (a queue, a bot, a chain), and looks at the machine; all of it read-only.
  - >-
    A refusal, and a host that does not answer, is a reading. The task succeeds.
options:
  share:
    description: What this host reads, as M(oncall.runbooks.catalog_shares_info) shared it out.
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read, each host its share
  oncall.runbooks.catalog_info:
    run: "{{ incident_run }}"
    share: "{{ diagnostics_shares.shares[inventory_hostname] }}"
  register: diagnostics_read
"""

RETURN = r"""
readings:
  description: By service and probe; see docs/contracts.md.
  returned: success
  type: dict
  sample: {api: {workload: {platform: compose}, health: {reason: ok}}}
machine:
  description: Room on the machine's disks, memory and processors; null when another host looks at it.
  returned: success
  type: dict
  sample: {name: app-1, refused: null, filesystems: [], memory: {total_bytes: 1, available_bytes: 1}}
"""
