# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the catalog may say of a chain; and that no key is ever repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

OURS = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N"
WALLET: dict[str, Any] = {"network": "mainnet", "addresses": [OURS]}
USDT = "EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDs"
EVM: dict[str, Any] = {"provider": "evm", "endpoints": ["https://rpc.example.org/v2/hunter2"]}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"floor_nano": 5, "endpoints": ["https://toncenter.com/api/v2"]},
        {"jetton": {"master": USDT, "floor": 1, "wallet": OURS}},
        {"contract": {"address": OURS}},
        {"api": "v2", "requests_per_second": 5, "environment": ["TON_API_KEY"]},
        {"api_key": "hunter2"},
    ],
)
def test_wallet(change: dict[str, Any]) -> None:
    found = entry.wallet("p.wallet", {**WALLET, **change}, {})
    assert found.addresses[0].friendly == OURS and "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"adresses": []}, "did you mean addresses"),
        ({"network": "main"}, "one of mainnet, testnet"),
        (
            {"network": "testnet", "endpoints": ["https://toncenter.com"]},
            "network/endpoint mismatch",
        ),
        ({"endpoints": ["https://testnet.toncenter.com"]}, "network/endpoint mismatch"),
        ({"addresses": []}, "at least one address"),
        ({"addresses": ["EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHG"]}, "checksum"),
        (
            {"addresses": ["kQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPgpP"]},
            "testnet-only address on mainnet",
        ),
        (
            {"addresses": ["EQXKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPisr"]},
            "unsupported workchain 5",
        ),
        ({"addresses": ["@username"]}, "invalid TON address format"),
        ({"addresses": OURS}, "a list"),
        *(({"floor_nano": value}, "whole number") for value in (-1, 0.1, 10**19 + 1, "many", True)),
        ({"jetton": {"master": "bad"}}, "invalid TON address format"),
        ({"jetton": {"master": USDT}, "api": "v2"}, "needs api v3"),
        ({"environment": ["A=hunter2"]}, "letters, digits"),
        ({"api_key": "hunter2", "api_key_env": "KEY"}, "allowed is one of"),
        ({"api_key_env": "KEY"}, "environment variable KEY is not set"),
        ({"api_key_file": "/nonexistent"}, "cannot be used"),
        ({"api_key": "hunter2", "endpoints": ["http://ton.example.org"]}, "unencrypted"),
        ({"endpoints": ["https://ton.example.org?api_key=hunter2"]}, "no such address"),
    ],
)
def test_wallet_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        entry.wallet("p.wallet", {**WALLET, **change}, {})
    assert "hunter2" not in str(caught.value) and str(caught.value).isprintable()


def test_a_key_from_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    assert entry.wallet("p", {**WALLET, "api_key_file": str(path)}, {}).ton.key == "hunter2"
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        entry.wallet("p", {**WALLET, "api_key_file": str(path)}, {})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({**EVM, "provider": "solana"}, "one of toncenter, evm, http"),
        ({**EVM, "endpoints": []}, "at least one address"),
        ({**EVM, "endpoints": ["ftp://hunter2"]}, "got .hidden."),
        ({**EVM, "endpoints": ["https://rpc.example.org/a b hunter2"]}, "got .hidden."),
        ({**EVM, "network": "mainnet"}, "none with this provider"),
        ({**EVM, "chain_id": "0x1"}, "whole number"),
        (
            {"provider": "toncenter", "network": "mainnet", "from": "inside"},
            "controller, with provider",
        ),
    ],
)
def test_chain_node_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        entry.chain_node("p.chain_node", given, {})
    assert "hunter2" not in str(caught.value)


def test_chain_node() -> None:
    assert "hunter2" not in repr(entry.chain_node("p", {**EVM, "chain_id": 8453}, {}))
    assert entry.chain_node("p", {"provider": "toncenter", "network": "testnet"}, {}).endpoints == (
        "https://testnet.toncenter.com",
    )


@pytest.mark.parametrize(
    ("judge", "given", "why"),
    [
        (entry.rpc, {"nodes": ["rpc"]}, "a name of letters"),
        (entry.rpc, {"nodes": [], "env": "RPC_URL"}, "names of services"),
        (entry.rpc, {"nodes": ["rpc"], "env": "RPC URL"}, "a name of letters"),
        (entry.indexer, {}, "a mapping"),
        (
            entry.indexer,
            {"height": {"url": "http://a/", "command": ["b"]}},
            "one of command and url",
        ),
        (entry.indexer, {"height": {"command": []}}, "no shell reads"),
    ],
)
def test_the_others_refused(judge: Any, given: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        judge("p", given)
