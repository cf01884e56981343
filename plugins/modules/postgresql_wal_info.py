#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_wal_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_wal_info
short_description: Read what keeps the write-ahead log of a PostgreSQL on its disk
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Its replication slots with how much of the log each keeps, and whether the archive fails. Nothing is asked of a
    service of another kind.
  - >-
    A refusal is a reading, too: the task succeeds and RV(reading) says why. It reads only.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read what keeps the write-ahead log
  oncall.runbooks.postgresql_wal_info:
    run: "{{ incident_run }}"
  register: diagnostics_wal
"""

RETURN = r"""
reading:
  description: C(concerned) (whether it is a PostgreSQL), C(refused) (null, or C(reason) and C(message)), C(document).
  returned: success
  type: dict
  sample: {concerned: true, refused: null, document: {replication: {slots: []}}}
"""
