# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Payments that were begun, held against the chain: which arrived, which are on their way, and which never will.

A payment is the same when destination, amount and comment are. It is lost only when its message can no
longer be taken and a complete look-up has not found it; before that, nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton.address import AddressError, parse

STATUSES = ("new", "sending", "sent", "unknown", "lost", "paid")
# Begun, and their end is not on record.
OPEN = ("sending", "sent", "unknown", "lost")
KEYS = ("id", "destination", "value", "comment", "status", "sent_at", "valid_until")
# Clocks differ, and a block takes its time.
GRACE_S = 30
# What is looked through before the first of them was sent.
EARLIER_S = 120

Payment = dict[str, Any]


class Unreadable(ValueError):
    """One line: what the command did not tell as it should."""


def told(rc: int, output: str) -> list[Payment]:
    """The list that the command prints; npm and the like say something before it."""
    if rc:
        raise Unreadable(f"the command payments ended with {rc}")
    for text in (output, output.strip().rpartition("\n")[2]):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, list):
            return [payment(one) for one in found]
    raise Unreadable("the command payments prints no JSON list")


def payment(one: Any) -> Payment:
    if (
        not isinstance(one, dict)
        or one.get("status") not in STATUSES
        or not isinstance(one.get("id"), str)
    ):
        raise Unreadable(f"a payment has no id, or a status that is none of {', '.join(STATUSES)}")
    found = {key: one.get(key) for key in KEYS}
    if found["status"] not in OPEN:
        return found
    try:
        found["destination"] = parse(found["destination"], "testnet").raw
        found["value"] = str(int(str(found["value"])))
        found["sent_at"], found["valid_until"] = (
            int(str(found["sent_at"])),
            int(str(found["valid_until"])),
        )
    except (AddressError, TypeError, ValueError):
        raise Unreadable(
            f"the payment {ascii(found['id'])[:60]} does not say when it was sent, until when it counts, "
            "how much and to whom"
        ) from None
    found["comment"] = str(found["comment"] or "")
    return found


def since(payments: Iterable[Payment]) -> int | None:
    """From when on the chain has to be looked through; None when nothing is open."""
    return min(
        (one["sent_at"] - EARLIER_S for one in payments if one["status"] in OPEN), default=None
    )


def key(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(one["destination"]), str(one["value"]), str(one["comment"] or "")


def judged(
    payments: Sequence[Payment],
    arrived: Sequence[Mapping[str, Any]],
    complete: bool,
    waiting: Sequence[Mapping[str, Any]],
    now: float,
) -> list[Payment]:
    """Each open one with what the chain says: landed, twice, pending, lost or unknown. When the
    look-up was not `complete`, what was not found may still be there."""
    found = [message for one in arrived if one["success"] is not False for message in one["sent"]]
    underway = {key(message) for one in waiting for message in one["sent"]}
    result = []
    for one in (one for one in payments if one["status"] in OPEN):
        number = sum(key(message) == key(one) for message in found)
        same = sum(key(other) == key(one) for other in payments if other["status"] in OPEN)
        if number > same:
            chain = "twice"
        elif number:
            chain = "landed" if number == same else "unknown"  # of equal ones nobody can say which
        elif key(one) in underway or one["valid_until"] + GRACE_S > now:
            chain = "pending"
        else:
            chain = "lost" if complete else "unknown"
        expired = one["valid_until"] + GRACE_S <= now
        result.append({**one, "chain": chain, "expired": expired})
    return result


def numbers(looked_up: Iterable[Payment]) -> dict[str, list[str]]:
    """The ids by what is to be said of them."""
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    for one in looked_up:
        groups[group(one)].append(one["id"])
    return groups


# With `sending` all is well while the service works; in one that is paused it is an end that nobody knows.
GROUPS = ("paid_twice", "unreconciled", "result_unknown", "lost", "sending", "underway")


def group(one: Payment) -> str:
    if one["chain"] == "twice":
        return "paid_twice"
    if one["chain"] in ("landed", "pending") and not one["expired"]:
        # The service will find it there by itself, unless it has given up.
        normal = {"sent": "underway", "sending": "sending"}
        given_up = "unreconciled" if one["chain"] == "landed" else "result_unknown"
        return normal.get(one["status"], given_up)
    if one["chain"] == "landed":
        return "unreconciled"
    if one["chain"] == "lost":
        # The service itself has to know it before it may send again.
        return "lost" if one["status"] == "lost" else "unreconciled"
    return "result_unknown"
