#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_nodes_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_nodes_info
short_description: Ask a PostgreSQL primary and its standbys who they are
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Asks every server that the catalog names, the service itself and C(postgresql.standbys) of its entry:
    whether it takes writes, its timeline, how far it has received and replayed, from whom it receives.
  - >-
    A server with C(via: exec) is asked only where this host's own connection leads to it, too.
  - >-
    A refusal is a reading: the task succeeds and RV(reading) says by whom and why.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Ask all of the cluster
  oncall.runbooks.postgresql_nodes_info:
    run: "{{ incident_run }}"
  register: diagnostics_nodes
"""

RETURN = r"""
reading:
  description: C(primary), C(synchronous) as the catalog has it, and C(nodes), by name C(refused) or C(node).
  returned: success
  type: dict
  sample: {primary: db, synchronous: [], nodes: {db: {refused: null, node: {in_recovery: false, timeline: 1}}}}
"""
