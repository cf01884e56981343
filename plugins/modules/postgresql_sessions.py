#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_sessions.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_sessions
short_description: Cancel or end sessions of a PostgreSQL server within limits
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Ends the listed sessions in one statement that looks at each again when it ends it: pid and
    start, state and age, role and application. One that has changed is skipped and named.
  - >-
    C(stopped) is for sessions that keep others waiting for a lock, or whose statement runs for too
    long: one that is idle in its transaction is ended, any other cancelled, and ended only when it
    still goes on after C(grace_seconds). A session that itself waits for a lock is never signalled.
  - >-
    Never ends sessions of superusers, of replication roles, of backups, of protected roles and
    applications, those that hold an advisory lock or listen, background processes, and its own.
    Never more than C(max_terminate).
  - >-
    In check mode it answers what would be ended.
options:
  state:
    description: What is to become of the sessions.
    type: str
    choices: [ended, stopped]
    required: true
  sessions:
    description: The sessions as they were read.
    type: list
    elements: dict
    required: true
    suboptions:
      pid:
        description: Process id of the backend.
        type: int
        required: true
      backend_start:
        description: When the backend started, as it was read; with the pid, its identity.
        type: str
        required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: End the sessions
  oncall.runbooks.postgresql_sessions:
    run: "{{ incident_run }}"
    state: ended
    sessions: "{{ incident_entry.parameters.sessions }}"
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: C(ended) sessions, C(cancelled) ones with C(stopped), and C(skipped) ones with the reason.
  returned: success
  type: dict
  sample: {ended: [{pid: 4711, role: app, state: idle}], skipped: [{pid: 4712, reason: candidate_no_longer_matches}]}
"""
