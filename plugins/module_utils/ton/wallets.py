# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wallets as the chain has them: state, balance, type, seqno, and a jetton balance that is really that jetton's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton.address import (
    Address,
    AddressError,
    parse,
    same,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Client, problem

# Of one question of version 3: their addresses make a line of 6 KiB, and servers take 8.
BATCH = 100
# Version 3 says uninit, and nonexist of one that never had anything; version 2 has one word for both.
STATES = {
    "active": "active", "frozen": "frozen", "uninitialized": "uninitialized", "uninit": "uninitialized",
    "nonexist": "uninitialized",
}  # fmt: skip


@dataclass(frozen=True)
class Jetton:
    master: Address
    wallet: Address | None = None  # the jetton wallet that somebody says is ours


def read(
    client: Client, wanted: Sequence[Address], api: str, jetton: Jetton | None = None
) -> list[dict[str, Any]]:
    """In the order of `wanted`. Raises Problem."""
    return read_v3(client, wanted, jetton) if api == "v3" else read_v2(client, wanted)


def read_v3(
    client: Client, wanted: Sequence[Address], jetton: Jetton | None
) -> list[dict[str, Any]]:
    told: dict[str, Mapping[str, Any]] = {}
    owned: dict[str, list[Mapping[str, Any]]] = {}
    for number in range(0, len(wanted), BATCH):
        part = wanted[number : number + BATCH]
        pairs = [("address", one.friendly) for one in part]
        told.update(
            by_account(client, client.get("v3", "walletStates", pairs), "wallets", "address")
        )
        if jetton:
            for owner, one in jettons(client, part, jetton):
                owned.setdefault(owner, []).append(one)
        client.progress(f"{number + len(part)} of {len(wanted)} wallets read")
    found = []
    for address in wanted:
        wallet = of_v3(address, told.get(address.raw), client)
        if jetton:
            wallet["jetton"] = of_jetton(address, owned.get(address.raw, ()), jetton, client)
        found.append(wallet)
    return found


def by_account(client: Client, document: Any, key: str, name: str) -> dict[str, Mapping[str, Any]]:
    try:
        return {parse(one[name], "testnet").raw: one for one in document[key]}
    except (KeyError, TypeError, AddressError):
        raise problem("bad_answer", client.endpoints[0]) from None


def jettons(
    client: Client, part: Sequence[Address], jetton: Jetton
) -> list[tuple[str, Mapping[str, Any]]]:
    """All jetton wallets that the index has for these owners and this master, with their owner."""
    pairs: list[tuple[str, Any]] = [("owner_address", one.friendly) for one in part]
    pairs += [("jetton_address", jetton.master.friendly), ("limit", 1000)]
    document = client.get("v3", "jetton/wallets", pairs)
    try:
        return [(parse(one["owner"], "testnet").raw, one) for one in document["jetton_wallets"]]
    except (KeyError, TypeError, AddressError):
        raise problem("bad_answer", client.endpoints[0]) from None


def of_v3(address: Address, told: Mapping[str, Any] | None, client: Client) -> dict[str, Any]:
    if told is None:
        return {**nothing(address), "state": "unknown"}
    return {
        **nothing(address),
        "state": STATES.get(str(told.get("status")), "unknown"),
        "suspended": told.get("suspended"),
        "balance_nano": amount(told.get("balance"), client),
        "is_wallet": told.get("is_wallet"),
        "wallet_type": told.get("wallet_type"),
        "seqno": told.get("seqno"),
        "signature_allowed": told.get("is_signature_allowed"),
        "last_lt": told.get("last_transaction_lt"),
    }


def nothing(address: Address) -> dict[str, Any]:
    return {
        "address": address.friendly, "raw": address.raw, "state": "unknown", "suspended": None,
        "balance_nano": None, "is_wallet": None, "wallet_type": None, "seqno": None,
        "signature_allowed": None, "last_lt": None, "jetton": None,
    }  # fmt: skip


def of_jetton(
    owner: Address, told: Sequence[Mapping[str, Any]], jetton: Jetton, client: Client
) -> dict[str, Any]:
    """An entry of another jetton or owner does not count: a contract may call itself what it likes."""
    real = [
        one
        for one in told
        if same(one.get("owner"), owner, "testnet")
        and same(one.get("jetton"), jetton.master, "testnet")
    ]
    balance = sum(int(amount(one.get("balance"), client)) for one in real)
    fake = len(real) != len(told)
    if jetton.wallet is not None:
        fake = fake or not any(same(one.get("address"), jetton.wallet, "testnet") for one in real)
    return {
        "master": jetton.master.friendly,
        "balance": str(balance),
        "wallet": real[0].get("address") if real else None,
        "fake": fake,
    }


def amount(value: Any, client: Client) -> str:
    """Nano units as text: JSON readers that count in doubles would round what is over 2^53."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise problem("bad_answer", client.endpoints[0])
    return str(int(text))


def read_v2(client: Client, wanted: Sequence[Address]) -> list[dict[str, Any]]:
    """Two questions a wallet: what suspends it and what it is are told by different ones."""
    found = []
    for number, address in enumerate(wanted, start=1):
        pairs = [("address", address.friendly)]
        account = client.get("v2", "getAddressInformation", pairs)
        wallet = client.get("v2", "getWalletInformation", pairs)
        found.append(of_v2(address, account, wallet, client))
        if number % 10 == 0 or number == len(wanted):
            client.progress(f"{number} of {len(wanted)} wallets read")
    return found


def of_v2(address: Address, account: Any, wallet: Any, client: Client) -> dict[str, Any]:
    if not isinstance(account, dict) or not isinstance(wallet, dict):
        raise problem("bad_answer", client.endpoints[0])
    last = account.get("last_transaction_id")
    return {
        **nothing(address),
        "state": STATES.get(str(account.get("state")), "unknown"),
        "suspended": account.get("suspended"),
        "balance_nano": amount(account.get("balance"), client),
        "is_wallet": wallet.get("wallet"),
        "wallet_type": wallet.get("wallet_type"),
        "seqno": wallet.get("seqno"),
        "signature_allowed": wallet.get("is_signature_allowed"),
        "last_lt": last.get("lt") if isinstance(last, dict) else None,
    }


def seqnos(told: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Each message that a wallet sends makes it one more. Of some contracts nobody tells it."""
    return {one["raw"]: one["seqno"] for one in told if isinstance(one["seqno"], int)}


def sent_since(before: Mapping[str, int], now: Mapping[str, int]) -> int:
    """A node that is behind another one does not make a message unsent."""
    return sum(max(0, now[raw] - before[raw]) for raw in now if raw in before)


def getter(client: Client, address: Address, method: str, api: str) -> dict[str, Any]:
    """A method of a contract that only reads; 0 is success. Only this one is a POST."""
    body = {"address": address.friendly, "method": method, "stack": []}
    answer = client.post(api, "runGetMethod", body)
    code = answer.get("exit_code") if isinstance(answer, dict) else None
    if isinstance(code, bool) or not isinstance(code, int):
        raise problem("bad_answer", client.endpoints[0])
    return {"address": address.friendly, "method": method, "exit_code": code, "ok": code == 0}
