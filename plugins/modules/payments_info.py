#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/payments_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: payments_info
short_description: Hold the payments that a service began against the chain
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - Runs C(commands.payments) of the catalog where the service lives, which lists its payments as JSON.
  - >-
    Looks each one that has no known end up among what the wallets sent: the same destination, amount and comment.
    Lost is only what its message's own expiry has ended, and a complete look-up did not find.
  - Tells which of the variables of C(wallet.environment) are set where the service lives; never a value.
options:
  chain:
    description: The reading of M(oncall.runbooks.chain_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the payments
  oncall.runbooks.payments_info:
    run: "{{ incident_run }}"
    chain: "{{ diagnostics_chain.reading }}"
  register: diagnostics_payments
"""

RETURN = r"""
reading:
  description: The ids by what is to be said of them; C(message) when they could not be read or looked up.
  returned: success
  type: dict
  sample: {message: "", groups: {lost: [], result_unknown: [p-7], unreconciled: [], underway: []}, waiting: 3}
"""
