#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_open.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_open
short_description: Judge the input of a runbook and open its incident
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Judges every extra variable, the catalog entries of the targets and the approvals, on their
    raw values, before anything is read or changed.
  - >-
    Opens a new incident, or goes on with an open one, and enters the run in its journal.
  - >-
    A slip fails with one line: which variable, what was given, what is allowed, an example. A
    value of a secret is never repeated.
options:
  scenario:
    description:
      - >-
        Name of the scenario, which is the name of the playbook and of its rules under
        C(plugins/module_utils/scenarios/).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Open the incident
  oncall.runbooks.incident_open:
    scenario: db_connection_exhausted
  run_once: true
  register: incident_opened
"""

RETURN = r"""
directory:
  description: Folder of the run; every later step takes it.
  returned: success
  type: str
  sample: /var/lib/oncall-runbooks/incidents/INC-20261121-030405-a1b2/runs/20261121-030405-7f3c
incident:
  description: Id of the incident.
  returned: success
  type: str
  sample: INC-20261121-030405-a1b2
services:
  description: The service of each host.
  returned: success
  type: dict
  sample: {db: db}
"""
