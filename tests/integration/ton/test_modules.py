# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules against an API over HTTP: what they find, and what they say of each way to fail."""

from __future__ import annotations

import base64
import http.server
import json
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.address import Address
from ansible_collections.oncall.runbooks.tests.lab import certificates

lab = sys.modules["oncall_lab_toncenter"]
Run = Callable[..., dict[str, Any]]
OURS, OTHER = Address(0, "a1" * 32), Address(0, "b2" * 32)
MASTER = Address(0, "ee" * 32)
JETTON_WALLET, FAKE = f"0:{'d4' * 32}", f"0:{'f' * 64}"
KEY = "a-key-that-nobody-may-see"
BIG = 2**53 + 1
APIS = pytest.mark.parametrize("version", ["v2", "v3"])


def asked(state: Any, version: str = "v3", **more: Any) -> dict[str, Any]:
    return {"endpoints": [state.url], "api": version, **more}


# ---------------------------------------------------------------- the node


@APIS
def test_a_fresh_node(version: str, api: Any, module: Run) -> None:
    found = module("network", **asked(api, version))
    (node,) = found["nodes"]
    assert (found["reason"], found["changed"], node["chain"]) == ("ok", False, -239)
    assert node["age_s"] < 5 and found["requests"] == (2 if version == "v2" else 1)


@APIS
@pytest.mark.parametrize(("age", "reason"), [(600, "stale"), (40, "ageing")])
def test_a_stale_node_whose_consensus_block_is_fresh(
    age: int, reason: str, version: str, api: Any, module: Run
) -> None:
    """TN05. Every answer has status 200, and getConsensusBlock tells the server's own time."""
    api.stale_s = age
    found = module("network", **asked(api, version))
    assert found["reason"] == reason and found["nodes"][0]["age_s"] >= age


@APIS
def test_a_node_of_another_network(version: str, api: Any, module: Run) -> None:
    """TN06. Its name says nothing; its blocks do."""
    api.chain.global_id = -3
    assert module("network", **asked(api, version))["reason"] == "network_mismatch"
    assert module("network", **asked(api, version), network="testnet")["reason"] == "ok"


@APIS
def test_a_stale_endpoint_is_named_and_the_fresh_one_counts(
    version: str, api: Any, module: Run, another: Any
) -> None:
    api.stale_s = 600
    fresh = another(api.chain)
    found = module("network", endpoints=[api.url, fresh.url], api=version)
    assert [one["reason"] for one in found["nodes"]] == ["stale", "ok"] and found["reason"] == "ok"


def test_the_key(api: Any, module: Run) -> None:
    for keys, told, reason in (
        ({KEY: "mainnet"}, "accepted", "ok"),
        ({}, "refused", "key_unknown"),
        ({KEY: "testnet"}, "refused", "key_other_network"),
    ):
        api.keys = keys
        found = module("network", **asked(api, api_key=KEY))
        assert (found["nodes"][0]["key"], found["reason"]) == (told, reason)
    assert all(one["key"] == KEY and KEY not in one["path"] for one in api.seen)


@APIS
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("401", "key_unknown"),
        ("403", "key_other_network"),
        ("404", "not_found"),
        ("405", "no_method"),
        ("409", "wrong_contract"),
        ("416", "bad_parameter"),
        ("422", "bad_parameter"),
        ("400", "bad_parameter"),
        ("500", "contract_failed"),
        ("502", "gateway_error"),
        ("503", "gateway_error"),
        ("504", "liteserver_timeout"),
        ("542", "liteserver_error"),
        ("html", "bad_answer"),
        ("cut", "bad_answer"),
        ("list", "bad_answer"),
        ("empty", "bad_answer"),
        ("redirect", "failed_status"),
        ("reset", "reset"),
    ],
)
def test_each_failure_has_a_name(
    fault: str, reason: str, version: str, api: Any, module: Run
) -> None:
    """TN02, TN08: a name and a text of ours for each, and no traceback with a key in it."""
    api.keys, api.faults = {KEY: "mainnet"}, {"*": [fault]}
    given = asked(api, version, api_key=KEY)
    assert module("network", **given)["reason"] == reason
    wallet = module("wallet", addresses=[OURS.raw], **given)
    assert wallet["failed"] and wallet["reason"] == reason and wallet["msg"].startswith(reason)


def test_a_rate_that_is_limited_is_kept_to(api: Any, module: Run) -> None:
    """TN01. Another client shares the limit, so that it is met in spite of our own pace."""
    api.limited, api.faults = True, {"*": ["429", "429", ""]}
    found = module("network", **asked(api))
    assert (found["reason"], found["rate_limited"], found["requests"]) == ("ok", 2, 3)
    assert found["waited_s"] >= 2


def test_a_limit_without_end_ends_in_time(api: Any, module: Run) -> None:
    api.faults, api.retry_after = {"*": ["429"]}, 60
    found = module("network", **asked(api))
    assert found["reason"] == "rate_limited" and found["waited_s"] < 10


def test_a_certificate_that_nobody_trusts(api: Any, module: Run, tmp_path: Path) -> None:
    """TN10. It is refused, and nothing is asked without it."""
    made = certificates.own(tmp_path, "localhost")
    handler = type("Bound", (lab.Handler,), {"server_state": api})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        api.keys = {KEY: "mainnet"}
        found = module(
            "network", endpoints=[f"https://127.0.0.1:{server.server_port}"], api_key=KEY
        )
        server.shutdown()
    assert found["reason"] == "tls_failed" and api.seen == []


# ---------------------------------------------------------------- wallets


@APIS
@pytest.mark.parametrize(
    ("account", "reason", "state"),
    [
        (lab.Account(balance=BIG), "ok", "active"),
        (lab.Account("frozen", 5), "frozen", "frozen"),
        (lab.Account("uninitialized", 5, None, None), "uninitialized", "uninitialized"),
        (None, "uninitialized", "uninitialized"),
        (lab.Account(balance=5, suspended=True), "suspended", "active"),
        (lab.Account(balance=5, wallet_type=None, seqno=None), "not_a_wallet", "active"),
        (lab.Account(balance=5, signature_allowed=False), "signature_refused", "active"),
    ],
    ids=str,
)
def test_a_wallet(
    account: Any, reason: str, state: str, version: str, api: Any, module: Run
) -> None:
    if account:
        api.chain.accounts[OURS.raw] = account
    found = module("wallet", addresses=[OURS.friendly], **asked(api, version))
    (wallet,) = found["wallets"]
    assert (found["reason"], wallet["state"]) == (reason, state)
    assert wallet["balance_nano"] == str(account.balance if account else 0), "to the last nano"


@APIS
def test_a_floor(version: str, api: Any, module: Run) -> None:
    """As whole numbers: as doubles the two would be the same."""
    api.chain.accounts.update(
        {OURS.raw: lab.Account(balance=BIG - 1), OTHER.raw: lab.Account(balance=BIG)}
    )
    given = asked(api, version, addresses=[OURS.raw, OTHER.friendly, OTHER.raw])
    found = module("wallet", floor_nano=BIG, **given)
    assert (found["reason"], found["below_floor"]) == ("below_floor", [OURS.friendly])
    assert len(found["wallets"]) == 2, "one account is read once"


@pytest.mark.parametrize("amount", [-1, 0.1, 10**19 + 1, "many", "", True, "1e9", [5]])
def test_an_amount_that_is_none(amount: Any, api: Any, module: Run) -> None:
    """BI59"""
    found = module("wallet", addresses=[OURS.raw], floor_nano=amount, **asked(api))
    assert found["failed"] and "floor_nano" in found["msg"] and api.seen == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHG", "invalid TON address: checksum"),
        ("kQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPgpP", "testnet-only address on mainnet"),
        ("EQXKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPisr", "unsupported workchain 5"),
        ("0:zz", "invalid TON address format"),
        ("@username", "invalid TON address format"),
        ("bad", "invalid TON address format"),
    ],
)
def test_an_address_that_is_none(address: str, why: str, api: Any, module: Run) -> None:
    """BI53 to BI56; the server itself takes 'bad' for a wallet."""
    found = module("wallet", addresses=[address], **asked(api))
    assert found["failed"] and why in found["msg"] and api.seen == []


def test_an_endpoint_of_the_other_network(module: Run) -> None:
    """BI58"""
    given = {"endpoints": ["https://testnet.toncenter.com"], "addresses": [OURS.raw]}
    assert "network/endpoint mismatch" in module("wallet", **given)["msg"]


def usdt(api: Any, *owned: Any) -> None:
    api.chain.accounts[OURS.raw] = lab.Account(balance=10**9)
    api.chain.jettons = [lab.JettonWallet(*one) for one in owned]


OWN = (JETTON_WALLET, OURS.raw, MASTER.raw, 2_500_000)
LIAR = (FAKE, OURS.raw, f"0:{'cc' * 32}", 10**15)


@pytest.mark.parametrize(
    ("owned", "more", "reason", "balance"),
    [
        ([OWN], {}, "ok", "2500000"),
        ([], {}, "ok", "0"),
        ([OWN], {"jetton_floor": 3_000_000}, "jetton_below_floor", "2500000"),
        ([LIAR], {"jetton_floor": 1}, "fake_jetton_wallet", "0"),
        ([OWN, LIAR], {}, "fake_jetton_wallet", "2500000"),
        ([OWN], {"jetton_wallet": FAKE}, "fake_jetton_wallet", "2500000"),
        ([OWN], {"jetton_wallet": JETTON_WALLET}, "ok", "2500000"),
    ],
)
def test_a_jetton_is_the_one_of_its_master(
    owned: list[Any], more: Any, reason: str, balance: str, api: Any, module: Run
) -> None:
    usdt(api, *owned)
    found = module("wallet", addresses=[OURS.raw], jetton_master=MASTER.raw, **asked(api), **more)
    assert (found["reason"], found["wallets"][0]["jetton"]["balance"]) == (reason, balance)


@APIS
def test_a_method_of_a_contract(version: str, api: Any, module: Run) -> None:
    api.chain.accounts[OURS.raw] = lab.Account(balance=5, seqno=7)
    given = asked(api, version, addresses=[OURS.raw], contract=OURS.raw)
    assert module("wallet", **given)["contract"]["exit_code"] == 0
    assert module("wallet", **given, contract_method="nothing")["reason"] == "contract_failed"
    assert [one["verb"] for one in api.seen if "runGetMethod" in one["path"]] == ["POST"] * 2


# ---------------------------------------------------------------- transactions


def send(api: Any, comment: str) -> str:
    wallet = api.chain.accounts.setdefault(OURS.raw, lab.Account(balance=10**12))
    sent: dict[str, Any] = {
        "source": OURS.raw,
        "destination": OTHER.raw,
        "value": str(10**9),
        "comment": comment,
    }
    sent |= {"seqno": wallet.seqno, "valid_until": time.time() + 60}
    return str(api.chain.take(base64.b64encode(json.dumps(sent).encode()).decode()).hex())


@APIS
def test_a_transaction_by_its_hash_and_by_its_message(version: str, api: Any, module: Run) -> None:
    api.chain.block_s = 0
    message = send(api, "invoice 7")
    given = asked(api, version, accounts=[OURS.raw])
    found = module("transaction", message_hash=message, **given)
    (one,) = found["transactions"]
    told = one["sent"][0]
    assert (told["destination"], told["value"], told["comment"]) == (
        OTHER.raw,
        str(10**9),
        "invoice 7",
    )
    assert one["success"] is (True if version == "v3" else None)
    assert module("transaction", hash=one["hash"], **given)["found"]
    assert not module("transaction", hash="00" * 32, **given)["found"]


def test_what_is_on_its_way(api: Any, module: Run) -> None:
    api.chain.block_s = 60
    send(api, "invoice 8")
    found = module("transaction", pending=True, accounts=[OURS.raw], **asked(api))
    (one,) = found["transactions"]
    assert one["success"] is None and one["sent"][0]["comment"] == "invoice 8"
    assert "pending" in module("transaction", pending=True, **asked(api))["msg"]


@pytest.mark.parametrize("given", [{"hash": "xyz"}, {}, {"hash": "00" * 32, "pending": True}])
def test_a_question_that_is_none(given: Any, api: Any, module: Run) -> None:
    assert module("transaction", **given, **asked(api))["failed"] and api.seen == []


# ---------------------------------------------------------------- many


def test_a_hundred_wallets_in_the_fewest_requests(api: Any, module: Run) -> None:
    """Without a key, one request a second is all there is."""
    api.limited = True
    many = [Address(0, f"{number:064x}") for number in range(1, 101)]
    for number, address in enumerate(many):
        api.chain.accounts[address.raw] = lab.Account(balance=number)
        api.chain.jettons.append(
            lab.JettonWallet(f"0:{number + 10**6:064x}", address.raw, MASTER.raw, number)
        )
    found = module(
        "wallet", addresses=[one.friendly for one in many], jetton_master=MASTER.raw, **asked(api)
    )
    assert [one["balance_nano"] for one in found["wallets"]] == [
        str(number) for number in range(100)
    ]
    assert [one["jetton"]["balance"] for one in found["wallets"]] == [
        str(number) for number in range(100)
    ]
    assert (found["requests"], found["rate_limited"], api.refused) == (2, 0, 0)
    assert max(len(one["path"]) for one in api.seen) < 8000, "as long as a line may be"
