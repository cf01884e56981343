#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/queue_jobs.py

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_jobs
short_description: Replay jobs of a queue that failed, or export and remove them
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Lists the oldest failed jobs that the variables C(job) and C(reason) of the run mean, at most
    C(at_most) and C(max_jobs), keeps the list as evidence, and moves or removes them in batches of 50. A
    batch is one script that does what BullMQ's own does, and takes each job only while it is the same
    failure as was listed: one that somebody else replayed meanwhile, or a killed run did, is left.
  - >-
    A replay begins with five jobs and waits up to C(first_seconds) for them; when more than half of
    them fail again, the others are left.
  - >-
    Before the first job is removed all that is in them is on the controller's disk, in a file
    that only its owner reads. A job of a flow is never removed.
  - In check mode it answers how many jobs it would be, by their classes.
options:
  queue:
    description: One of the catalog's C(queue.names).
    type: str
    required: true
  state:
    description: What is to become of the jobs.
    type: str
    choices: [replayed, removed]
    required: true
  at_most:
    description: So many jobs are enough.
    type: int
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Replay jobs that failed
  oncall.runbooks.queue_jobs:
    run: "{{ incident_run }}"
    queue: email
    state: replayed
    at_most: 200
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: >-
    The C(queue), how many were C(replayed) and where their C(listing) lies among the evidence; or
    how many were C(removed), how many of the listed are C(left), and where the C(export) lies. In check mode
    how many C(jobs) it would be, and their C(classes).
  returned: success
  type: dict
  sample: {queue: email, replayed: 200, listing: evidence/RUN/mail-3-replayed_jobs.jsonl}
"""
