#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/incident_lock.py

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_lock
short_description: Hold the lock of a service while it is changed
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Takes or gives back the lock of the host's service, which lies on its host or in its cluster:
    a lease with an owner and a fencing number. Fails with the outcome C(locked), saying who holds it and until when.
  - >-
    A lease is taken over when it has run out, or at once when its owner provably died on the
    same machine. What the run before has left unfinished is marked in its journal.
options:
  state:
    description: C(acquired) takes or renews it; C(released) gives it back if this run holds it.
    type: str
    choices: [acquired, released]
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Take the lock
  oncall.runbooks.incident_lock:
    run: "{{ incident_run }}"
    state: acquired
  register: decision_lock
"""

RETURN = r"""
fence:
  description: Fencing number, to be shown at each change. 0 in check mode, which takes no lock.
  returned: when acquired
  type: int
  sample: 7
"""
