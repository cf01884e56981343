#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_change.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_change
short_description: Announce a change and note its outcome
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Confirms the lock, renews its lease, and writes the intent of a change to the journal,
    flushed to disk, with its undo and expiry; later its outcome. The undo also lies beside the
    lock, where other control nodes find it, until it is carried out.
  - >-
    In check mode nothing is written.
options:
  state:
    description: C(intended) before the change; C(made) or C(failed) after it.
    type: str
    choices: [intended, made, failed]
    required: true
  entry:
    description: The entry of the plan.
    type: dict
    required: true
  number:
    description: The change's number within the incident, as the intent got it.
    type: int
  after:
    description: What the change brought; for C(made).
    type: dict
    default: {}
  message:
    description: Why it failed; for C(failed).
    type: str
    default: ''
  untouched:
    description: Whether it stopped before anything was changed, so that there is nothing to undo; for C(failed).
    type: bool
    default: false
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Write the intent
  oncall.runbooks.incident_change:
    run: "{{ incident_run }}"
    state: intended
    entry: "{{ incident_entry }}"
    fence: "{{ incident_fence }}"
  register: incident_intent
"""

RETURN = r"""
number:
  description: Number of the change within the incident.
  returned: for intended
  type: int
  sample: 1
"""
