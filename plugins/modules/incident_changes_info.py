#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_changes_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_changes_info
short_description: List the changes of a service that can still be undone
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads the journal of the run's incident, or of all incidents when the run was asked for
    expired changes only, and answers what was changed and not yet undone, the newest first.
  - Other control nodes leave beside the service's lock what they changed and what they undid, which counts, too.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read what can be undone
  oncall.runbooks.incident_changes_info:
    run: "{{ incident_run }}"
  register: diagnostics_changes
"""

RETURN = r"""
reading:
  description: The time C(now), and the C(changes); see docs/contracts.md.
  returned: success
  type: dict
  sample: {now: '2026-11-21T03:04:05.123456Z', changes: [{incident: INC-1, number: 2, action: raise_max_connections}]}
"""
