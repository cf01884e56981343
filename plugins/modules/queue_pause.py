#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/queue_pause.py

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_pause
short_description: Stop a queue from handing out its jobs, or let it do so again
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Does in one script what BullMQ's own C(pause()) and C(resume()) do. Jobs that are being worked on are
    finished; new ones are taken in and wait.
  - >-
    A pause bears the mark of its incident, and only one that bears it is ended: what a person
    paused, before or since, stays paused.
  - In check mode it answers whether it would change something.
options:
  queue:
    description: One of the catalog's C(queue.names).
    type: str
    required: true
  state:
    description: What is to become of it.
    type: str
    choices: [paused, running]
    required: true
  paused_by:
    description: The incident whose pause is to be ended; default is the incident of the run.
    type: str
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Stop a queue from handing out its jobs
  oncall.runbooks.queue_pause:
    run: "{{ incident_run }}"
    queue: email
    state: paused
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: The C(queue), and whether it is C(paused).
  returned: success
  type: dict
  sample: {queue: email, paused: true}
"""
