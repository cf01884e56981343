#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/disk_journal.py

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_journal
short_description: Let go of the oldest of the systemd journal
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    C(journalctl --vacuum-size) on the host of the service, after a list of the journal's files was kept as evidence.
    Nothing is rotated before, so what is written now, and with it the last minutes, stays.
  - >-
    It never keeps less than the variable C(journal_mib) says. In check mode it answers whether there is more.
options:
  state:
    description: What is to become of the journal.
    type: str
    choices: [vacuumed]
    required: true
  keep_mib:
    description: How much of it stays, in MiB.
    type: int
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Let go of the oldest of the journal
  oncall.runbooks.disk_journal:
    run: "{{ incident_run }}"
    state: vacuumed
    keep_mib: 512
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: C(freed_bytes), the C(bytes) that are left, and where the C(listing) lies among the evidence.
  returned: success
  type: dict
  sample: {freed_bytes: 1610612736, bytes: 536870912, listing: evidence/RUN/api-9-journal_files.txt}
"""
