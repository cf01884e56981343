# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a node or a wallet: severity, one of a closed list of reasons, one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

WARN_S, FAIL_S = 30, 60
NODE_REASONS = ("stale", "ageing", "network_mismatch", "syncing", "behind")
WALLET_REASONS = (
    "state_unknown", "frozen", "suspended", "uninitialized", "not_a_wallet", "signature_refused",
    "below_floor", "fake_jetton_wallet", "jetton_below_floor", "contract_failed",
)  # fmt: skip
# No chain holds more than this: what is above is a slip of the keyboard.
AMOUNT_MAX = 10**19
COIN = 10**9


class Verdict(NamedTuple):
    severity: str
    reason: str
    summary: str
    value: Any = None
    unit: str | None = None
    threshold: Any = None


def node(
    told: Mapping[str, Any], warn_s: float = WARN_S, fail_s: float = FAIL_S, most: int = 50
) -> Verdict:
    name, age = told["endpoint"], told["age_s"]
    if told["refused"]:
        severity = "warn" if told["refused"]["reason"] == "rate_limited" else "crit"
        return Verdict(severity, told["refused"]["reason"], told["refused"]["message"])
    if told["right_chain"] is False:
        said = f"{name} is of another network: it says {told['chain']}"
        return Verdict("crit", "network_mismatch", said, told["chain"])
    if told["syncing"]:
        return Verdict("crit", "syncing", f"{name} is still catching up with its chain")
    if (told.get("behind") or 0) > most:
        said = f"{name} is {told['behind']} blocks behind another node"
        return Verdict("crit", "behind", said, told["behind"], "blocks", most)
    if age is None:
        return Verdict("ok", "ok", f"{name} answers, at block {told['height']}", told["height"])
    said = f"the newest block of {name}, {told['height']}, is {age:.0f} s old"
    if age >= fail_s:
        return Verdict("crit", "stale", said, age, "seconds", fail_s)
    if age >= warn_s:
        return Verdict("warn", "ageing", said, age, "seconds", warn_s)
    return Verdict("ok", "ok", said, age, "seconds", warn_s)


def nodes(
    told: Sequence[Mapping[str, Any]], warn_s: float, fail_s: float, most: int
) -> list[Verdict]:
    """One that is no use is critical only when there is none instead."""
    found = [node(one, warn_s, fail_s, most) for one in told]
    if all(one.severity == "crit" for one in found):
        return found
    return [
        one._replace(severity="warn", summary=f"{one.summary}; another endpoint serves")
        if one.severity == "crit"
        else one
        for one in found
    ]


def wallet(
    told: Mapping[str, Any], floor_nano: int | None, jetton_floor: int | None = None
) -> list[Verdict]:
    """All that is wrong with it; one that says so when nothing is."""
    found = [*_account(told), *_money(told, floor_nano, jetton_floor)]
    if found:
        return found
    said = f"{short(told)} holds {coins(told['balance_nano'])}"
    jetton = told["jetton"]
    said += f" and {jetton['balance']} units of the jetton" if jetton else ""
    return [Verdict("ok", "ok", said, told["balance_nano"], "nano", floor_nano)]


def _account(told: Mapping[str, Any]) -> list[Verdict]:
    name, state = short(told), told["state"]
    if state == "unknown":
        return [Verdict("unknown", "state_unknown", f"the API says nothing of {name}")]
    if state == "frozen":
        said = f"{name} is frozen: it owes storage fees, and pays nothing until it is topped up and unfrozen"
        return [Verdict("crit", "frozen", said, state)]
    found = []
    if told["suspended"]:
        said = f"{name} is suspended by the network, and pays nothing"
        found.append(Verdict("crit", "suspended", said))
    if state == "uninitialized":
        said = f"{name} has no contract yet: it holds coins, and the first payment has to bring the contract"
        found.append(Verdict("warn", "uninitialized", said, state))
    elif told["is_wallet"] is False:
        said = f"{name} is a contract of another kind, and no wallet"
        found.append(Verdict("crit", "not_a_wallet", said))
    if told["signature_allowed"] is False:
        said = f"{name} takes no signature: an extension of it pays, and nobody else"
        found.append(Verdict("crit", "signature_refused", said))
    return found


def _money(
    told: Mapping[str, Any], floor_nano: int | None, jetton_floor: int | None
) -> list[Verdict]:
    name, found = short(told), []
    balance, jetton = told["balance_nano"], told["jetton"]
    if floor_nano is not None and balance is not None and int(balance) < floor_nano:
        said = f"{name} holds {coins(balance)}, less than the floor of {coins(floor_nano)}"
        found.append(Verdict("crit", "below_floor", said, balance, "nano", floor_nano))
    if jetton and jetton["fake"]:
        said = (
            f"the jetton wallet of {name} is not one of the jetton's master: nothing of it counts"
        )
        found.append(Verdict("crit", "fake_jetton_wallet", said))
    elif jetton and jetton_floor is not None and int(jetton["balance"]) < jetton_floor:
        said = f"{name} holds {jetton['balance']} units of the jetton, less than the floor of {jetton_floor}"
        found.append(
            Verdict("crit", "jetton_below_floor", said, jetton["balance"], "units", jetton_floor)
        )
    return found


def contract(told: Mapping[str, Any]) -> Verdict:
    if told.get("refused"):
        return Verdict("crit", told["refused"]["reason"], told["refused"]["message"])
    said = f"{told['method']} of the contract ends with {told['exit_code']}"
    if told["ok"]:
        return Verdict("ok", "ok", said, told["exit_code"])
    return Verdict("crit", "contract_failed", said, told["exit_code"])


def short(told: Mapping[str, Any]) -> str:
    return f"{told['address'][:6]}…{told['address'][-6:]}"


def coins(nano: Any) -> str:
    """Of nano units, without a double in between."""
    if nano is None:
        return "nobody knows how much"
    whole, rest = divmod(int(nano), COIN)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + f" ({nano} nano)"
