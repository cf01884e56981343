#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/memory_usage_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: memory_usage_info
short_description: Measure twice how much memory each instance of a service takes
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Resident memory of all processes of each instance that runs: of containers by C(docker top), of units by their
    control group, of pods by the metrics server, of others by the catalog's command C(memory), whose other
    names are what the application tells of its own, as a heap. Between the two samples it waits for the variable
    C(interval_seconds).
  - >-
    It reads only, also in check mode. A refusal is a reading, too: the task succeeds and RV(reading) says why.
options:
  workload:
    description: The reading of M(oncall.runbooks.workload_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Measure its memory
  oncall.runbooks.memory_usage_info:
    run: "{{ incident_run }}"
    workload: "{{ diagnostics_workload.reading }}"
  register: diagnostics_memory
"""

RETURN = r"""
reading:
  description:
    - C(instances) with C(name), C(bytes) and C(before_bytes), the C(seconds) between, C(missing), C(limit_bytes),
      C(total_bytes) of the machine, what the application C(told), C(refused) (null, or C(reason) and C(message)).
  returned: success
  type: dict
  sample: {instances: [{name: api-1, bytes: 104857600, before_bytes: 99614720}], seconds: 10.0, limit_bytes: 268435456}
"""
