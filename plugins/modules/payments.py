#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/payments.py

from __future__ import annotations

DOCUMENTATION = r"""
module: payments
short_description: Reconcile payments, send lost ones again, or resume payouts
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads the mode, the chain and the payments again, and refuses when anything speaks against it: while the service
    is not paused, or while the end of a payment is not known. Then confirms the lock and runs the catalog's command
    of that name where the service lives.
options:
  work:
    description:
      - V(reconcile) makes the service enter into its books what the chain says. It sends nothing.
      - V(process) makes it send again what is lost, and only when nothing else is unclear.
      - V(resume) makes it go on, when all is settled.
    type: str
    choices: [reconcile, process, resume]
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Resume the payouts
  oncall.runbooks.payments:
    run: "{{ incident_run }}"
    work: resume
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: The payments by what is to be said of them, or the mode after V(resume).
  returned: success
  type: dict
  sample: {state: left}
"""
