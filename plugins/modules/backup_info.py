#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/backup_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: List the backups of a PostgreSQL server and its archived WAL
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Lists, on the service's host, the backups and the pieces of WAL that C(backup) of the catalog speaks of: two folders
    (C(tool=plain)), or what pgBackRest, Barman or WAL-G answer. It needs a shell there, and no Python.
  - >-
    Where the scenario's C(verify) says so, every file of the newest backup is read, by C(pg_verifybackup) or the tool's
    own command.
  - >-
    What is secret of a repository stays in the tool's own configuration, and is neither read nor told.
  - >-
    A refusal is a reading, too.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: List the backups
  oncall.runbooks.backup_info:
    run: "{{ incident_run }}"
  register: diagnostics_backup
"""

RETURN = r"""
reading:
  description: C(backups), the newest last, C(unfinished), C(segments), C(verified), C(unreadable), C(refused).
  returned: success
  type: dict
  sample: {now: 1795000000, backups: [], unfinished: [], segments: [], verified: null, unreadable: [], refused: null}
"""
