#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/queue_snapshot_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_snapshot_info
short_description: Read queues of jobs by samples, and measure their rates
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads how many jobs are in each state, how long the oldest has waited, which workers are
    connected, and what came and was done within C(interval_seconds). Of the failed jobs 200
    are looked at, spread over all of them: the cost does not grow with the number of jobs, and no
    single command takes longer for it.
  - >-
    Of a failed job its name and the first line of its reason are kept, without what may be a
    secret or a person's; never its data. A refusal is a reading, too.
  - >-
    With C(via=exec) the host of the task has to be one from which the Redis of the queue is reached.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the queues
  oncall.runbooks.queue_snapshot_info:
    run: "{{ incident_run }}"
  register: diagnostics_queue
"""

RETURN = r"""
reading:
  description: C(redis), C(refused), and C(document) with the C(role) of that server and its C(queues).
  returned: success
  type: dict
  sample:
    redis: redis
    refused: null
    document:
      role: master
      queues:
        - name: email
          version: "bullmq:6.7.0"
          paused_by: null
          waiting: 1200
          workers: 2
          rates: {seconds: 5.0, arrived: 10, drained: 60, failed: 0}
"""
