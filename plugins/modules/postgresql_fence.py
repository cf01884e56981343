#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_fence.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_fence
short_description: Keep a PostgreSQL server from taking writes
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs the catalog's C(commands.fence) on the control node, because the server's machine may be gone. Without that
    command it stops the server through its platform and keeps it from starting: systemd (C(mask), else
    C(disable)) or Compose (no restart policy).
  - >-
    The fence counts when its command ended with 0 and the server does not answer any more; else the task fails.
  - >-
    In check mode nothing is done.
options:
  state:
    description: What is to become of the server.
    type: str
    choices: [fenced]
    required: true
  gone:
    description:
      - Look first, for the scenario's C(gone_seconds), whether the server stays gone; an answer of it, or a standby
        that receives, ends the task with V(refused) before anything is done.
    type: bool
    default: false
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Fence the old primary once it stays gone
  oncall.runbooks.postgresql_fence:
    run: "{{ incident_run }}"
    state: fenced
    gone: true
    fence: "{{ incident_fence }}"
  register: recovery_fenced
"""

RETURN = r"""
after:
  description: C(fenced), the service, and what the fence C(said).
  returned: success
  type: dict
  sample: {fenced: db, said: postgresql@15-main.service is inactive and masked}
"""
