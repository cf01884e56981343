#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/service_watch.py

from __future__ import annotations

DOCUMENTATION = r"""
module: service_watch
short_description: Look at a service once more, when its time has come
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    One look of a watch. It waits for its time, asks for health and walks the critical paths, and
    counts. Repeat it with C(until) until RV(done).
  - >-
    It is done when the time is over, or when so many looks have failed that the target cannot be
    met any more, of this service or of another one of the run.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Look, again and again
  oncall.runbooks.service_watch:
    run: "{{ incident_run }}"
  register: diagnostics_watch
  until: diagnostics_watch.done | default(true)
  retries: 200000
  delay: 0
"""

RETURN = r"""
done:
  description: Whether this was the last look.
  returned: success
  type: bool
  sample: false
findings:
  description: The error rate against its target, and active alerts.
  returned: with the last look
  type: list
  elements: dict
  sample: [{check: watch, service: api, severity: ok, reason: ok, value: 0.0, unit: percent}]
"""
