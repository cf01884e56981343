#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ton_wallet_info
short_description: Read the state, balance, type and seqno of TON wallets, and their balance of a jetton
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads one wallet or many, in as few requests as the API has: with version 3 two for each hundred wallets,
    one of them for the jetton.
  - >-
    A jetton balance counts only when the index says that the jetton wallet is of this owner and of this master.
    What a jetton wallet says of itself is never believed.
  - Addresses are judged strictly before anything is asked; the server would not notice a typo. Changes nothing.
options:
  addresses:
    description: The wallets, in any of the forms of an address.
    type: list
    elements: str
    required: true
  floor_nano:
    description: A balance below this, a whole number of nano units, is named in RV(below_floor).
    type: raw
  jetton_master:
    description:
      - The jetton, by its master contract. USDT on mainnet is V(EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs).
      - Needs O(api=v3).
    type: str
  jetton_floor:
    description: A jetton balance below this, a whole number of the jetton's smallest units, is a finding.
    type: raw
  jetton_wallet:
    description: The jetton wallet of a single address, as we know it. That the index knows another one is a finding.
    type: str
  contract:
    description: A contract whose method O(contract_method) is run, to see that it ends with 0.
    type: str
  contract_method:
    description: The method; it only reads.
    type: str
    default: seqno
extends_documentation_fragment: [oncall.runbooks.ton]
"""

EXAMPLES = r"""
- name: Can the payout wallet pay?
  oncall.runbooks.ton_wallet_info:
    addresses: [EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N]
    floor_nano: 5000000000
    jetton_master: EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs
  register: payouts
  failed_when: payouts.reason != 'ok'
"""

RETURN = r"""
reason:
  description: V(ok), or the worst of RV(findings).
  returned: success
  type: str
  sample: ok
findings:
  description: What is wrong, with its severity, its reason and a sentence.
  returned: success
  type: list
  elements: dict
  sample: [{severity: crit, reason: frozen, summary: it is frozen}]
below_floor:
  description: The wallets with less than O(floor_nano).
  returned: success
  type: list
  elements: str
  sample: []
wallets:
  description: Each wallet once. Amounts are text, because they may be larger than 2^53.
  returned: success
  type: list
  elements: dict
  sample:
    - {address: EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N, state: active, balance_nano: "9007199254740993",
       wallet_type: wallet v4 r2, seqno: 7, suspended: null, jetton: null}
contract:
  description: What the method of the contract ended with.
  returned: when O(contract) is given
  type: dict
  sample: {method: seqno, exit_code: 0, ok: true}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton import options, verdicts, wallets
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Client

OPTIONS: dict[str, dict[str, Any]] = {
    "addresses": {"type": "list", "elements": "str", "required": True},
    "floor_nano": {"type": "raw"},
    "jetton_master": {"type": "str"},
    "jetton_floor": {"type": "raw"},
    "jetton_wallet": {"type": "str"},
    "contract": {"type": "str"},
    "contract_method": {"type": "str", "default": "seqno"},
}
ORDER = ("ok", "warn", "unknown", "crit")


def amount(given: Mapping[str, Any], name: str) -> int | None:
    value = given[name]
    if value is None:
        return None
    text = str(value)
    fine = not isinstance(value, (bool, float)) and text.isascii() and text.isdigit()
    if not fine or int(text) > verdicts.AMOUNT_MAX:
        raise options.OptionError(
            f"{name}: allowed is a whole number of the smallest units from 0 to {verdicts.AMOUNT_MAX}; "
            "for example 5000000000"
        )
    return int(text)


def jetton_of(given: Mapping[str, Any], number: int) -> wallets.Jetton | None:
    if not given["jetton_master"]:
        return None
    if given["api"] != "v3":
        raise options.OptionError(
            "jetton_master: needs api v3; version 2 cannot be asked for an owner's jetton wallet"
        )
    if given["jetton_wallet"] and number != 1:
        raise options.OptionError("jetton_wallet: allowed with a single address")
    master = options.accounts([given["jetton_master"]], given["network"], "jetton_master")[0]
    named = [given["jetton_wallet"]] if given["jetton_wallet"] else []
    own = options.accounts(named, given["network"], "jetton_wallet")
    return wallets.Jetton(master, own[0] if own else None)


def work(client: Client, given: Mapping[str, Any]) -> dict[str, Any]:
    floor, jetton_floor = amount(given, "floor_nano"), amount(given, "jetton_floor")
    wanted = options.accounts(given["addresses"], given["network"], "addresses")
    if not wanted:
        raise options.OptionError("addresses: none given; allowed is at least one")
    jetton = jetton_of(given, len(wanted))
    contract = options.accounts(
        [given["contract"]] if given["contract"] else [], given["network"], "contract"
    )
    told = wallets.read(client, wanted, given["api"], jetton)
    found = [
        (one["address"], said) for one in told for said in verdicts.wallet(one, floor, jetton_floor)
    ]
    result: dict[str, Any] = {"wallets": told}
    if contract:
        result["contract"] = wallets.getter(
            client, contract[0], given["contract_method"], given["api"]
        )
        found.append((contract[0].friendly, verdicts.contract(result["contract"])))
    worst = max((said for _address, said in found), key=lambda said: ORDER.index(said.severity))
    return {
        **result,
        "reason": worst.reason,
        "findings": [
            {"address": address, **said._asdict()} for address, said in found if said.reason != "ok"
        ],
        "below_floor": [address for address, said in found if said.reason == "below_floor"],
    }


def main() -> None:
    options.run(
        OPTIONS,
        work,
        required_by={"jetton_floor": ["jetton_master"], "jetton_wallet": ["jetton_master"]},
    )


if __name__ == "__main__":
    main()
