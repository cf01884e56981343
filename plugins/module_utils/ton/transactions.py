# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Transactions: what one did, by its hash, by a message's, and which of ours are still on their way."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton.address import (
    Address,
    AddressError,
    parse,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import (
    Client,
    Problem,
    problem,
)

PAGE = 100
# Of one account, so many transactions back: with more, the look-up says that it did not see all.
PAGES = 10


class HashError(ValueError):
    """One line that says what is wrong with it."""


def as_hash(text: object) -> str:
    """64 hexadecimal digits, or 44 characters of base64 or base64url; answered as the first."""
    if isinstance(text, str) and re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return text.lower()
    if isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9+/_-]{43}=", text):
        return base64.b64decode(text.replace("-", "+").replace("_", "/")).hex()
    raise HashError("a hash is 64 hexadecimal digits, or 44 characters of base64")


def by_hash(client: Client, wanted: str, api: str, account: Address | None) -> list[dict[str, Any]]:
    """Version 2 looks through an account's newest transactions: it cannot be asked for a hash alone."""
    if api == "v3":
        return listed(client, "transactions", [("hash", wanted)])
    found = newest_v2(client, account) if account else []
    return [one for one in found if wanted in (one["hash"], one["message"]["hash"])]


def by_message(
    client: Client, wanted: str, api: str, account: Address | None
) -> list[dict[str, Any]]:
    if api == "v3":
        return listed(client, "transactionsByMessage", [("msg_hash", wanted)])
    return by_hash(client, wanted, api, account)


def pending(client: Client, accounts: Sequence[Address]) -> list[dict[str, Any]]:
    """Of version 3 only, and of at least one account."""
    return listed(client, "pendingTransactions", [("account", one.friendly) for one in accounts])


def sent_since(
    client: Client, account: Address, since: int, api: str
) -> tuple[list[dict[str, Any]], bool]:
    """The newest first, and whether that is all of them."""
    if api == "v2":
        found = newest_v2(client, account)
        return [one for one in found if one["at"] >= since], len(found) < PAGE
    found = []
    for page in range(PAGES):
        pairs = [("account", account.friendly), ("start_utime", since), ("limit", PAGE)]
        part = listed(client, "transactions", [*pairs, ("offset", page * PAGE), ("sort", "desc")])
        found += part
        if len(part) < PAGE:
            return found, True
    return found, False


def listed(client: Client, method: str, pairs: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    try:
        document = client.get("v3", method, pairs)
    except Problem as failed:
        if failed.reason == "not_found":
            return []  # nothing of that name is an answer
        raise
    try:
        return [of_v3(one) for one in document["transactions"] or ()]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise problem("bad_answer", client.endpoints[0]) from None


def of_v3(told: Mapping[str, Any]) -> dict[str, Any]:
    described = told.get("description") or {}
    compute, action = described.get("compute_ph") or {}, described.get("action") or {}
    aborted = described.get("aborted") is True
    failed = compute.get("success") is False or action.get("success") is False
    return {
        "hash": as_hash(told["hash"]),
        "account": raw(told["account"]),
        "lt": str(told["lt"]),
        "at": int(told["now"]),
        # Of one that is on its way nobody knows yet.
        "success": None if told.get("emulated") else not aborted and not failed,
        "exit_code": compute.get("exit_code"),
        "message": message(told.get("in_msg") or {}),
        "sent": [message(one) for one in told.get("out_msgs") or ()],
    }


def message(told: Mapping[str, Any]) -> dict[str, Any]:
    content = told.get("message_content") or {}
    decoded = content.get("decoded") or {}
    return {
        "hash": as_hash(told["hash"]) if told.get("hash") else None,
        "source": raw(told.get("source")),
        "destination": raw(told.get("destination")),
        "value": str(int(told["value"])) if told.get("value") else None,
        "comment": decoded.get("comment") if isinstance(decoded, dict) else None,
    }


def raw(text: Any) -> str | None:
    """None for a message from outside, which has no sender."""
    if not text:
        return None
    try:
        return parse(text, "testnet").raw
    except AddressError:
        return None


def newest_v2(client: Client, account: Address) -> list[dict[str, Any]]:
    pairs = [("address", account.friendly), ("limit", PAGE)]
    answer = client.get("v2", "getTransactions", pairs)
    try:
        return [of_v2(one) for one in answer]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise problem("bad_answer", client.endpoints[0]) from None


def of_v2(told: Mapping[str, Any]) -> dict[str, Any]:
    """Version 2 does not say whether it succeeded."""
    return {
        "hash": as_hash(told["transaction_id"]["hash"]),
        "account": raw(told["account"]),
        "lt": str(told["transaction_id"]["lt"]),
        "at": int(told["utime"]),
        "success": None,
        "exit_code": None,
        "message": message_v2(told.get("in_msg") or {}),
        "sent": [message_v2(one) for one in told.get("out_msgs") or ()],
    }


def message_v2(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "hash": as_hash(told["hash"]) if told.get("hash") else None,
        "source": raw(told.get("source")),
        "destination": raw(told.get("destination")),
        "value": str(int(told.get("value") or 0)),
        "comment": comment_v2(told.get("msg_data") or {}),
    }


def comment_v2(data: Mapping[str, Any]) -> str | None:
    if data.get("@type") != "msg.dataText":
        return None
    try:
        return base64.b64decode(str(data.get("text", "")), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
