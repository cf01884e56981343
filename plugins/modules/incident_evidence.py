#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_evidence.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_evidence
short_description: Keep what a service wrote, before it is changed
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Saves texts among the incident's evidence and seals them in the journal. They are redacted and
    bounded first, to 1000 lines of 2000 characters for each text.
  - When it cannot be saved, the task fails, so that nothing is changed without it.
options:
  what:
    description: What it is, as C(logs); a part of the file's name.
    type: str
    required: true
  texts:
    description: The texts, by the name of the instance that wrote each.
    type: dict
    default: {}
  message:
    description: Why there is no text.
    type: str
    default: ""
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Keep the logs
  oncall.runbooks.incident_evidence:
    run: "{{ incident_run }}"
    what: logs
    texts: "{{ workload_done.after.logs }}"
"""

RETURN = r"""
path:
  description: Where it was saved, relative to the incident's folder.
  returned: success
  type: str
  sample: evidence/20261121-030405-a1b2c3d4e5f6/api-1-logs.json
"""
