#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_promotion.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_promotion
short_description: Promote a PostgreSQL standby
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks at the standby once more: it must be the server that was decided about, wait in recovery, and receive from
    nobody. Then C(pg_promote), by the C(admin) connection where the catalog's C(user) may not, which is journalled.
  - >-
    Afterwards the server must take writes on the next timeline, and a transaction that leaves nothing is committed.
  - >-
    In check mode it only looks.
options:
  standby:
    description: The name of the standby in the catalog.
    type: str
    required: true
  system:
    description: The system identifier of the cluster that was decided about.
    type: str
    required: true
  timeline:
    description: Its timeline.
    type: int
    required: true
  position:
    description: How far it had received, in bytes from the beginning of the WAL.
    type: int
    required: true
  fenced:
    description: The server that M(oncall.runbooks.postgresql_fence) answered to have fenced.
    type: str
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Promote the standby
  oncall.runbooks.postgresql_promotion:
    run: "{{ incident_run }}"
    standby: db-replica-1
    system: "7412345678901234567"
    timeline: 1
    position: 50331648
    fenced: "{{ recovery_fenced.after.fenced }}"
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: The new C(primary), its C(timeline) and C(lsn), and what is left C(to_do) by hand.
  returned: success
  type: dict
  sample: {primary: db-replica-1, timeline: 2, lsn: 0/3000148, to_do: [name db-replica-1 as the primary in the catalog]}
"""
