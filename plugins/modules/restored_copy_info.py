#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/restored_copy_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: restored_copy_info
short_description: Look at the copy of a PostgreSQL server that a run asks for
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks whether C(restore_dir) is there, whether it is a copy of the target that the run names, whether that copy
    is at its target, and what the catalog's integrity queries answer in it.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Look at the copy
  oncall.runbooks.restored_copy_info:
    run: "{{ incident_run }}"
  register: diagnostics_copy
"""

RETURN = r"""
reading:
  description: C(asked) (null when no copy is asked for), C(there), C(target), C(state), C(queries).
  returned: success
  type: dict
  sample: {asked: null, there: false, target: '', state: null, said: '', queries: []}
"""
