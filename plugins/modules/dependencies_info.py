#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/dependencies_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: dependencies_info
short_description: Find what a service depends on, and bring the readings of it together
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Follows C(depends_on) of the catalog, also through several services. A circle and a name that
    is not in the catalog are errors of the input.
  - Only reads the catalog and the inventory; the services are read by M(oncall.runbooks.dependency_info).
options:
  read:
    description: The results of M(oncall.runbooks.dependency_info), one for each of RV(dependencies).
    type: list
    elements: dict
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Find what it depends on
  oncall.runbooks.dependencies_info:
    run: "{{ incident_run }}"
  register: diagnostics_closure
"""

RETURN = r"""
dependencies:
  description: >-
    Every service that it needs, directly or not, in the order in which they start, those of one
    place together: a Compose project, a namespace or a machine is read once, through one host.
  returned: success
  type: list
  elements: dict
  sample: [{host: db, services: [db, redis]}]
depth:
  description: 0 for a service that needs nothing, else one more than the deepest that it needs.
  returned: success
  type: int
  sample: 1
reading:
  description: >-
    C(needs), what each service of the closure depends on, and C(states), by service the states
    that were read, one for each of its hosts.
  returned: success
  type: dict
  sample: {service: api, needs: {db: [], api: [db]}, states: {db: []}}
"""
