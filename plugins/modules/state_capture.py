#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/state_capture.py

from __future__ import annotations

DOCUMENTATION = r"""
module: state_capture
short_description: Keep what is there before it is gone
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Keeps processes, sockets, counters, events, logs and settings of a host's share in the folder of
    the incident, what vanishes first before the rest, each item bounded in time and size.
  - >-
    Secrets are taken out as far as they can be told by their looks and their names; of an
    environment only the names are kept.
  - >-
    What cannot be taken is named in the finding of its service; the rest is taken all the same.
options:
  share:
    description: What this host reads, as M(oncall.runbooks.catalog_shares_info) shared it out.
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Keep what is there, each host its share
  oncall.runbooks.state_capture:
    run: "{{ incident_run }}"
    share: "{{ diagnostics_shares.shares[inventory_hostname] }}"
"""

RETURN = r"""
incident_show:
  description: What the terminal shows.
  returned: success
  type: list
  elements: dict
  sample: [{kind: findings, service: api}]
"""
