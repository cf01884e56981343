#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/wallet_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: wallet_info
short_description: Read the wallets of a service's catalog entry
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - As M(oncall.runbooks.ton_wallet_info), of the C(wallet) entry, from the controller.
  - Only nodes that are fresh and of the right network are asked.
  - Where a run looks again, it tells in one line how many messages the wallets sent meanwhile.
options:
  chain:
    description: The reading of M(oncall.runbooks.chain_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the wallets
  oncall.runbooks.wallet_info:
    run: "{{ incident_run }}"
    chain: "{{ diagnostics_chain.reading }}"
  register: diagnostics_wallet
"""

RETURN = r"""
reading:
  description: C(wallets) as M(oncall.runbooks.ton_wallet_info) has them, and C(refused) when they could not be read.
  returned: success
  type: dict
  sample: {refused: null, wallets: [], contract: null, floor_nano: 5000000000, jetton_floor: null, requests: 2}
"""
