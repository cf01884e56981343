# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the catalog says of a chain: a wallet that pays, a node, which node a service uses, how far an index is."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Input,
    InputError,
    refusal,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.private_file import read_private
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import address, endpoints
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.verdicts import AMOUNT_MAX
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.wallets import Jetton
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import (
    Keys,
    WayError,
    as_input,
    password_of,
)

API_KEYS = ("api_key_file", "api_key_env", "api_key")
TON_KEYS = ("network", "endpoints", "api", *API_KEYS, "requests_per_second")
WALLET_KEYS = (*TON_KEYS, "addresses", "floor_nano", "jetton", "contract", "environment")
NODE_KEYS = (*TON_KEYS, "provider", "chain_id", "path", "field", "from")
PROVIDERS = ("toncenter", "evm", "http")
PLACES = ("controller", "inside")
WALLET_EXAMPLE = (
    "wallet: {network: mainnet, addresses: [EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N]}"
)
NODE_EXAMPLE = "chain_node: {provider: evm, endpoints: [https://rpc.example.org], chain_id: 8453}"
RPC_EXAMPLE = "rpc: {nodes: [rpc, rpc-fallback], env: RPC_URL}"
INDEXER_EXAMPLE = "indexer: {height: {command: [npm, run, 'indexer:status'], field: indexed}}"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
AMOUNT = Input("amount", 5_000_000_000, 0, AMOUNT_MAX, "the smallest units", "")
RATE = Input("requests_per_second", 10, 1, 1000, "requests a second", "")
CHAIN_ID = Input("chain_id", 1, 1, 2**63, "the chain's number", "")


@dataclass(frozen=True)
class Ton:
    """How to ask toncenter. The key is left out of its repr."""

    network: str
    endpoints: tuple[str, ...]
    api: str
    per_second: float | None
    key: str = dataclasses.field(default="", repr=False)


@dataclass(frozen=True)
class Wallet:
    ton: Ton
    addresses: tuple[address.Address, ...]
    floor_nano: int | None
    jetton: Jetton | None
    jetton_floor: int | None
    contract: tuple[address.Address, str] | None
    environment: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    provider: str
    # They may hold a key, so they are shown by their place only.
    endpoints: tuple[str, ...] = dataclasses.field(repr=False)
    ton: Ton | None
    chain_id: int | None
    path: str
    field: str
    place: str


@dataclass(frozen=True)
class Rpc:
    nodes: tuple[str, ...]
    variable: str


@dataclass(frozen=True)
class Height:
    url: str
    argv: tuple[str, ...]
    field: str


def ton(path: str, entry: Mapping[str, Any], env: Mapping[str, str]) -> Ton:
    network, api = entry.get("network"), entry.get("api", "v3")
    one_of(f"{path}.network", network, address.NETWORKS)
    one_of(f"{path}.api", api, ("v3", "v2"))
    rate = entry.get("requests_per_second")
    per_second = None if rate is None else float(RATE.parse(rate, f"{path}.requests_per_second"))
    key = api_key(path, entry, env)
    given = listed(f"{path}.endpoints", entry.get("endpoints", []), "[https://toncenter.com]")
    try:
        chosen = endpoints.judged(given, str(network), key)
    except endpoints.EndpointError as error:
        raise InputError(f"{path}.endpoints: {error}") from None
    return Ton(str(network), tuple(chosen), str(api), per_second, key)


def api_key(path: str, entry: Mapping[str, Any], env: Mapping[str, str]) -> str:
    """Read as a password is, and as private."""
    kept = {name.replace("api_key", "password"): entry.get(name) for name in API_KEYS}
    try:
        return password_of(Keys(path, kept), env, read_private) or ""
    except WayError as error:
        raise as_input(error, str(error).replace("password", "api_key")) from None


def wallet(path: str, given: object, env: Mapping[str, str] | None = None) -> Wallet:
    entry = mapping(path, given, WALLET_EXAMPLE)
    known_keys(path, entry, WALLET_KEYS, WALLET_EXAMPLE)
    asked = ton(path, entry, os.environ if env is None else env)
    wanted = listed(f"{path}.addresses", entry.get("addresses"), WALLET_EXAMPLE)
    found = {one.raw: one for one in (account(f"{path}.addresses", text, asked) for text in wanted)}
    if not found:
        raise refusal(f"{path}.addresses", wanted, "at least one address", WALLET_EXAMPLE)
    jetton, floor = jetton_of(f"{path}.jetton", entry.get("jetton"), asked, len(found))
    names = listed(f"{path}.environment", entry.get("environment", []), "[TON_API_KEY]")
    return Wallet(
        asked, tuple(found.values()), amount(f"{path}.floor_nano", entry.get("floor_nano")), jetton, floor,
        contract_of(f"{path}.contract", entry.get("contract"), asked),
        tuple(variable(f"{path}.environment", name) for name in names),
    )  # fmt: skip


def account(path: str, text: object, asked: Ton) -> address.Address:
    try:
        return address.parse(text, asked.network)
    except address.AddressError as error:
        example = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N"
        raise refusal(path, text, f"an address of {asked.network} ({error})", example) from None


def amount(path: str, given: object) -> int | None:
    """Whole units: a fraction of one does not exist, and a rounded one is wrong."""
    return None if given is None else AMOUNT.parse(given, path)


def jetton_of(
    path: str, given: object, asked: Ton, number: int
) -> tuple[Jetton | None, int | None]:
    if given is None:
        return None, None
    example = "jetton: {master: EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs, floor: 1000000}"
    entry = mapping(path, given, example)
    known_keys(path, entry, ("master", "floor", "wallet"), example)
    if asked.api != "v3":
        raise InputError(
            f"{path}: needs api v3, which can be asked for an owner's jetton wallet; {example}"
        )
    own = entry.get("wallet")
    if own is not None and number != 1:
        raise refusal(f"{path}.wallet", own, "one with a single address", example)
    master = account(f"{path}.master", entry.get("master"), asked)
    jetton = Jetton(master, None if own is None else account(f"{path}.wallet", own, asked))
    return jetton, amount(f"{path}.floor", entry.get("floor"))


def contract_of(path: str, given: object, asked: Ton) -> tuple[address.Address, str] | None:
    if given is None:
        return None
    example = "contract: {address: EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N, method: seqno}"
    entry = mapping(path, given, example)
    known_keys(path, entry, ("address", "method"), example)
    return account(f"{path}.address", entry.get("address"), asked), variable(
        f"{path}.method", entry.get("method", "seqno")
    )


def chain_node(path: str, given: object, env: Mapping[str, str] | None = None) -> Node:
    entry = mapping(path, given, NODE_EXAMPLE)
    known_keys(path, entry, NODE_KEYS, NODE_EXAMPLE)
    provider, place = entry.get("provider"), entry.get("from", "controller")
    one_of(f"{path}.provider", provider, PROVIDERS)
    one_of(f"{path}.from", place, PLACES)
    if provider == "toncenter":
        if place != "controller":
            raise refusal(
                f"{path}.from", place, "controller, with provider toncenter", "from: controller"
            )
        asked = ton(path, entry, os.environ if env is None else env)
        return Node("toncenter", asked.endpoints, asked, None, "", "", "controller")
    for name in TON_KEYS:
        if name in entry and name != "endpoints":
            raise refusal(f"{path}.{name}", entry[name], "none with this provider", NODE_EXAMPLE)
    number = entry.get("chain_id")
    chain_id = None if number is None else CHAIN_ID.parse(number, f"{path}.chain_id")
    wanted = listed(f"{path}.endpoints", entry.get("endpoints"), NODE_EXAMPLE)
    if not wanted:
        raise refusal(f"{path}.endpoints", wanted, "at least one address", NODE_EXAMPLE)
    found = tuple(url(f"{path}.endpoints", one) for one in wanted)
    told = str(entry.get("path", "")), str(entry.get("field", "height"))
    return Node(str(provider), found, None, chain_id, *told, str(place))


def url(path: str, given: object) -> str:
    """Not repeated: of many providers the path is the key."""
    if isinstance(given, str) and re.fullmatch(r"https?://[A-Za-z0-9.\[:\]_-]+(/[!-~]*)?", given):
        return given.rstrip("/")
    raise InputError(
        f"{path}: got (hidden); allowed are addresses that begin with http:// or https://; for example {NODE_EXAMPLE}"
    )


def rpc(path: str, given: object) -> Rpc:
    entry = mapping(path, given, RPC_EXAMPLE)
    known_keys(path, entry, ("nodes", "env"), RPC_EXAMPLE)
    nodes = listed(f"{path}.nodes", entry.get("nodes"), RPC_EXAMPLE)
    if not nodes or not all(isinstance(one, str) and NAME.fullmatch(one) for one in nodes):
        raise refusal(f"{path}.nodes", nodes, "names of services of kind chain_node", RPC_EXAMPLE)
    return Rpc(tuple(nodes), variable(f"{path}.env", entry.get("env")))


def indexer(path: str, given: object) -> Height:
    entry = mapping(path, given, INDEXER_EXAMPLE)
    known_keys(path, entry, ("height",), INDEXER_EXAMPLE)
    height = mapping(f"{path}.height", entry.get("height"), INDEXER_EXAMPLE)
    known_keys(f"{path}.height", height, ("command", "url", "field"), INDEXER_EXAMPLE)
    if ("command" in height) == ("url" in height):
        raise refusal(f"{path}.height", sorted(height), "one of command and url", INDEXER_EXAMPLE)
    argv = listed(f"{path}.height.command", height.get("command", []), INDEXER_EXAMPLE)
    if "command" in height and (not argv or not all(isinstance(one, str) and one for one in argv)):
        raise refusal(
            f"{path}.height.command",
            argv,
            "a list of arguments, which no shell reads",
            INDEXER_EXAMPLE,
        )
    where = url(f"{path}.height.url", height["url"]) if "url" in height else ""
    return Height(
        where, tuple(argv), variable(f"{path}.height.field", height.get("field", "indexed"))
    )


def variable(path: str, given: object) -> str:
    if isinstance(given, str) and VARIABLE.fullmatch(given):
        return given
    # A value written where a name belongs is not repeated.
    raise InputError(
        f"{path}: got (hidden); allowed is a name of letters, digits and _; for example RPC_URL"
    )


def listed(path: str, given: object, example: str) -> list[Any]:
    if isinstance(given, (list, tuple)):
        return list(given)
    raise refusal(path, given, "a list", example)
