#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_restore.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_restore
short_description: Restore a copy of a PostgreSQL server as it was at a moment
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Has the tool of the catalog's C(backup) read every file of the backup and put it into a folder that must not exist
    yet, and starts a server there, as the owner of its files, that fetches WAL by that tool, archives nothing, and
    stops at its target. Nothing of the live server, of the backups or of the archive is touched.
  - >-
    One attempt looks how far it is; repeat it until RV(done). When the recovery ends before the target the task
    fails; the folder is kept.
  - >-
    A folder that is there, a port that is in use, a backup with links out of it, and too little room are refused.
  - >-
    The copy is paused at its target. Where a transaction that was under way then had locked tables, as C(DROP TABLE)
    does, recovery is ended there, which rolls it back, and the copy is read-only by C(default_transaction_read_only).
  - >-
    In check mode nothing is done.
options:
  backup:
    description: The base backup.
    type: dict
    required: true
    suboptions:
      path:
        description: Its folder, or what the tool calls it.
        type: str
        required: true
      major:
        description: The version of PostgreSQL that it is of.
        type: int
        required: true
      room_kib:
        description: How many KiB it takes; where the backup is a folder, that is looked at.
        type: int
        default: 0
  directory:
    description: Where the copy is put.
    type: str
    required: true
  port:
    description: The port of the copy, on the loopback address only.
    type: int
    required: true
  target:
    description: C(time) or C(xid), and which.
    type: str
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Restore a copy
  oncall.runbooks.postgresql_restore:
    run: "{{ incident_run }}"
    backup: {path: /backup/base/monday, major: 15}
    directory: /restore/db
    port: 5499
    target: time 2026-11-21 03:04:05+00
    fence: "{{ incident_fence }}"
  register: recovery_changed
  until: recovery_changed.done
  retries: 200000
  delay: 0
"""

RETURN = r"""
done:
  description: Whether the copy is at its target.
  returned: success
  type: bool
  sample: true
after:
  description: >-
    The copy, the last commit in it (C(replayed_at)) and what the integrity queries answer; C(unread) where the tool
    could not tell before whether the backup is whole, and why.
  returned: when done
  type: dict
  sample: {directory: /restore/db, port: 5499, target: time 2026-11-21 03:04:05+00, replayed_at: "2026-11-21T03:04:01Z"}
"""
