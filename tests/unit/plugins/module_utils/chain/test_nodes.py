# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that speak JSON-RPC, or have a page that tells the height."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import (
    entry,
    inside,
    nodes,
    progress,
)

EVM = entry.chain_node(
    "p", {"provider": "evm", "endpoints": ["https://rpc.example.org/hunter2"], "chain_id": 8453}, {}
)
PAGE = entry.chain_node(
    "p", {"provider": "http", "endpoints": ["http://rpc:8080"], "path": "/height"}, {}
)
GOOD = {
    "eth_getBlockByNumber": {"number": "0x64", "timestamp": hex(9_990)},
    "eth_chainId": "0x2105", "eth_syncing": False,
}  # fmt: skip


def answering(told: dict[str, Any], status: int = 200, reason: str = "ok") -> Any:
    def ask(_url: str, data: str) -> dict[str, Any]:
        body = (
            json.dumps({"jsonrpc": "2.0", "id": 1, "result": told[json.loads(data)["method"]]})
            if data
            else ""
        )
        return {
            "reason": reason,
            "status": status,
            "body": body or json.dumps(told),
            "message": "hunter2",
        }

    return ask


def evm(ask: Any) -> dict[str, Any]:
    return nodes.read(EVM, EVM.endpoints[0], ask, 10_000)


def test_json_rpc() -> None:
    found = evm(answering(GOOD))
    assert (found["height"], found["age_s"], found["chain"], found["right_chain"]) == (
        100,
        10.0,
        8453,
        True,
    )
    assert evm(answering({**GOOD, "eth_chainId": "0x1"}))["right_chain"] is False
    assert evm(answering({**GOOD, "eth_syncing": {"currentBlock": "0x1"}}))["syncing"] is True
    assert found["endpoint"] == "rpc.example.org"


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (answering({**GOOD, "eth_getBlockByNumber": None}), "bad_answer"),
        (answering({**GOOD, "eth_chainId": "zz"}), "bad_answer"),
        (answering({**GOOD, "eth_chainId": 1.5}), "bad_answer"),
        (answering(GOOD, 429), "rate_limited"),
        (answering(GOOD, 502), "gateway_error"),
        (answering(GOOD, reason="timeout"), "timeout"),
        (
            lambda _url, _data: {"reason": "ok", "status": 200, "body": '{"error": {}}'},
            "server_error",
        ),
        (lambda _url, _data: {"reason": "ok", "status": 200, "body": "<html>"}, "bad_answer"),
    ],
)
def test_a_node_that_fails(ask: Any, reason: str) -> None:
    found = evm(ask)
    assert found["refused"]["reason"] == reason and "hunter2" not in str(found)


def test_a_page() -> None:
    assert nodes.read(PAGE, "http://rpc:8080", answering({"height": 7}), 0)["height"] == 7
    assert (
        nodes.read(PAGE, "http://rpc:8080", answering({"hight": 7}), 0)["refused"]["reason"]
        == "bad_answer"
    )


def test_who_is_behind() -> None:
    told = [{"height": height, "right_chain": None} for height in (100, 40, None)]
    assert [one["behind"] for one in nodes.judged(told)] == [0, 60, None]


def test_nothing_of_a_question_from_inside_is_an_argument() -> None:
    text = inside.program(EVM.endpoints[0], '{"a": "b\'c"}', 5)
    first = text.partition("<<'ONCALL_END'")[0]
    assert inside.COMMAND == "sh -s" and "hunter2" not in first


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([(0, 5)], 0.0),
        ([(0, 5), (3, 5)], 0.0),
        ([(0, 0), (1, 500)], 500.0),
        # steps of 500 a second, looked at in between
        ([(0, 0), (0.4, 500), (0.9, 500), (1.4, 1000), (2.4, 1500), (2.9, 1500)], 500.0),
    ],
)
def test_the_pace(samples: Any, expected: float) -> None:
    assert progress.rate(samples) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("lag", "pace", "head", "left"),
    [(1000, 51, 1, 19.0), (40, 1, 1, 0.0), (1000, 1, 1, None), (1000, 0, 1, None)],
)
def test_what_is_left(lag: int, pace: float, head: float, left: float | None) -> None:
    assert progress.seconds_left(lag, pace, head, 50) == left
