#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_failure.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_failure
short_description: Note a failed task in the journal
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Used in C(rescue). The message of one of this collection's own actions is kept; of another
    module's result only the task is named, because its message may hold a secret.
options:
  task:
    description: Name of the task that failed.
    type: str
    required: true
  result:
    description: Its result.
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Note the failure
  oncall.runbooks.incident_failure:
    run: "{{ incident_run }}"
    task: "{{ ansible_failed_task.name }}"
    result: "{{ ansible_failed_result }}"
"""

RETURN = r"""
msg:
  description: Set only when the note could not be written.
  returned: failure
  type: str
  sample: "error: incident: got 'INC-1', which was closed"
"""
