#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_causes.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_causes
short_description: Grade a whole catalog and rank the likely causes
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Grades what all hosts have read, keeps it as evidence, and tells causes from what follows from
    them. A dependency that is down comes before its dependents, a release that came just now before
    one that did not.
  - >-
    Each cause comes with the command of the playbook for it, as whoever typed this run would type it.
options:
  shares:
    description: Who read what, as M(oncall.runbooks.catalog_shares_info) shared it out.
    type: dict
    required: true
  registered:
    description: >-
      Name of the variable in which each host registered what
      M(oncall.runbooks.catalog_info) answered.
    type: str
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Grade what was read and rank the likely causes
  oncall.runbooks.incident_causes:
    run: "{{ incident_run }}"
    shares: "{{ diagnostics_shares.shares }}"
    registered: diagnostics_read
  run_once: true
"""

RETURN = r"""
findings:
  description: Those of all services; see docs/contracts.md.
  returned: success
  type: list
  elements: dict
  sample: [{check: workload, service: api, severity: crit, reason: stopped}]
causes:
  description: The one to begin with first; see docs/contracts.md.
  returned: success
  type: list
  elements: dict
  sample: [{rank: 1, service: db, playbook: db_outage}]
"""
