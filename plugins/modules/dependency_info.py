#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/dependency_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: dependency_info
short_description: Read services that another one depends on
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads what they run on, all at once, and asks each how it is; a PostgreSQL is also connected to,
    as its catalog entry says, but never through the break-glass connection.
  - Only reads. Delegate the task to a host that leads to these services.
options:
  services:
    description: Names from the catalog, of services of one platform and one place.
    type: list
    elements: str
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the database through its own host
  oncall.runbooks.dependency_info:
    run: "{{ incident_run }}"
    services: [db]
  delegate_to: db
  register: diagnostics_db
"""

RETURN = r"""
states:
  description: >-
    For each service C(workload) as M(oncall.runbooks.workload_info) reads it, C(health) as
    M(oncall.runbooks.health_info) does, and of a PostgreSQL C(access), whether it takes us in, and
    C(slots), how many of its connections are used.
  returned: success
  type: list
  elements: dict
  sample: [{service: db, workload: {platform: command}, slots: {application_slots: 97, used: 12}}]
"""
