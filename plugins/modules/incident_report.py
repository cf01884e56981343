#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_report.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_report
short_description: Write the report of a run
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Builds the report from the journal alone and writes it as JSON, Markdown and one self-
    contained HTML page, beside the run and as the incident's latest.
  - >-
    Fails when the outcome is not a good one, with the outcome and the next step, so that the
    run ends non-zero.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Write the report
  oncall.runbooks.incident_report:
    run: "{{ incident_run }}"
  run_once: true
"""

RETURN = r"""
outcome:
  description: The worst outcome of the services; see docs/contracts.md.
  returned: always
  type: str
  sample: recovered
files:
  description: Paths of the incident's latest report.
  returned: always
  type: dict
  sample: {html: /var/lib/oncall-runbooks/incidents/INC-1/report.html}
"""
