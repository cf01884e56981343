#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/rollback_check_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback_check_info
short_description: Ask the service whether an older release can still read its data
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Runs C(commands.rollback_check) of the catalog where the service lives, with the name of the release
    in use and that of the one to go back to as its last two arguments. Status 0 means that the
    way back is open; otherwise what the command says tells why not.
  - The command must only read. It is also run in check mode.
options:
  workload:
    description: The reading of M(oncall.runbooks.workload_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Ask about migrations
  oncall.runbooks.rollback_check_info:
    run: "{{ incident_run }}"
    workload: "{{ diagnostics_workload.reading }}"
  register: diagnostics_rollback_check
"""

RETURN = r"""
reading:
  description: >-
    C(asked) is false when the catalog has no such command, or there is no release to go back to;
    C(refused) says why not.
  returned: success
  type: dict
  sample: {asked: true, refused: "migration 42 dropped a column"}
"""
