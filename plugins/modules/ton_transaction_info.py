#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ton_transaction_info
short_description: Read TON transactions by hash, by a message, or those still on their way
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - Says what a transaction did, whether it succeeded, and what it sent to whom, with the amount and the comment.
  - >-
    A message that was sent and of which nobody knows the end is looked up by its hash before anybody thinks of
    sending it again. Not found is an answer, and no permission to send it again.
  - Changes nothing.
options:
  hash:
    description: The hash of a transaction, as 64 hexadecimal digits or as base64.
    type: str
  message_hash:
    description: The hash of a message, in the same forms.
    type: str
  pending:
    description: Read what of O(accounts) is still on its way. Needs O(api=v3).
    type: bool
    default: false
  accounts:
    description: Of whom. O(api=v2) needs the first one, and looks for a hash among its newest 100 transactions.
    type: list
    elements: str
    default: []
extends_documentation_fragment: [oncall.runbooks.ton]
"""

EXAMPLES = r"""
- name: Did this payout arrive?
  oncall.runbooks.ton_transaction_info:
    message_hash: 5f3f2ad61bb2b0ee7d0e0f1c1d5c1bb3ad25b9d3f0e4b0a3b8a1f9c0a1b2c3d4
  register: payout

- name: What is still on its way?
  oncall.runbooks.ton_transaction_info:
    pending: true
    accounts: [EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N]
  register: underway
"""

RETURN = r"""
found:
  description: Whether there is any.
  returned: success
  type: bool
  sample: true
transactions:
  description: >-
    Each with RV(transactions[].success), which is null where nobody knows yet and with O(api=v2), which does not tell.
    Amounts are text, because they may be larger than 2^53; addresses have the raw form.
  returned: success
  type: list
  elements: dict
  contains:
    success:
      description: Whether it did what it was for.
      type: bool
      returned: success
  sample: [{hash: 5f3f2ad6, lt: "47", at: 1764300000, success: true, exit_code: 0, sent: []}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton import options, transactions
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Client

OPTIONS: dict[str, dict[str, Any]] = {
    "hash": {"type": "str"},
    "message_hash": {"type": "str"},
    "pending": {"type": "bool", "default": False},
    "accounts": {"type": "list", "elements": "str", "default": []},
}


def work(client: Client, given: Mapping[str, Any]) -> dict[str, Any]:
    asked = [name for name in ("hash", "message_hash", "pending") if given[name]]
    if len(asked) != 1:
        raise options.OptionError("hash: allowed is exactly one of hash, message_hash and pending")
    accounts = options.accounts(given["accounts"], given["network"], "accounts")
    api = given["api"]
    if given["pending"]:
        if api != "v3" or not accounts:
            raise options.OptionError("pending: needs api v3 and at least one of accounts")
        found = transactions.pending(client, accounts)
    else:
        if api == "v2" and not accounts:
            raise options.OptionError(
                "accounts: version 2 finds a hash only among those of an account; name it"
            )
        look_up = transactions.by_hash if given["hash"] else transactions.by_message
        wanted = transactions.as_hash(given["hash"] or given["message_hash"])
        found = look_up(client, wanted, api, accounts[0] if accounts else None)
    return {"found": bool(found), "transactions": found}


def main() -> None:
    options.run(OPTIONS, work)


if __name__ == "__main__":
    main()
