# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can the wallets pay: their state, their balance, and the jetton that is really that jetton?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import client, verdicts

PROBE = "wallet"
REASONS = tuple(dict.fromkeys((*verdicts.WALLET_REASONS, *client.REASONS, "no_node")))


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    if reading["refused"]:
        # What cannot be read is not known to be wrong.
        return [finding("unknown", reading["refused"]["reason"], reading["refused"]["message"])]
    told = [
        one
        for wallet in reading["wallets"]
        for one in verdicts.wallet(wallet, reading["floor_nano"], reading["jetton_floor"])
    ]
    if reading["contract"]:
        told.append(verdicts.contract(reading["contract"]))
    wrong = [one for one in told if one.reason != "ok"]
    if not wrong and len(told) > 3:
        said = f"all {len(reading['wallets'])} wallets are as they should be"
        return [finding("ok", "ok", said, len(reading["wallets"]), "wallets")]
    # Of many, what is wrong is said of each, and of the others nothing.
    return [
        finding(*one[:3], value=one.value, unit=one.unit, threshold=one.threshold)
        for one in wrong or told
    ]
