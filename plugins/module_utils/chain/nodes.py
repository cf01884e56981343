# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes of any kind as one document, and which of them serves best.

How they are asked is the caller's: from the controller, or from where the service lives that uses them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain.entry import Node
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import (
    STATUSES,
    TEXTS,
    Problem,
    place,
    problem,
)

# url, data (a POST when there is any) -> an answer as http.fetch() gives it
Ask = Callable[[str, str], Mapping[str, Any]]
Document = dict[str, Any]


def read(node: Node, endpoint: str, ask: Ask, now: float) -> Document:
    """One endpoint of a kind other than toncenter; see docs/contracts.md, "Node"."""
    found: Document = {
        "endpoint": place(endpoint), "refused": None, "height": None, "age_s": None, "chain": None,
        "right_chain": None, "syncing": None, "key": "none",
    }  # fmt: skip
    try:
        told = _evm(endpoint, ask, now) if node.provider == "evm" else _plain(node, endpoint, ask)
    except Problem as failed:
        return {**found, "refused": failed.told()}
    if node.chain_id is not None and told.get("chain") is not None:
        told["right_chain"] = told["chain"] == node.chain_id
    return {**found, **told}


def _plain(node: Node, endpoint: str, ask: Ask) -> Document:
    told = document(ask(endpoint + node.path, ""), endpoint)
    return {
        "height": number(told.get(node.field), endpoint)
        if isinstance(told, dict)
        else bad(endpoint)
    }


def _evm(endpoint: str, ask: Ask, now: float) -> Document:
    """As JSON-RPC has it; an error comes with status 200, too."""
    block = _call(endpoint, ask, "eth_getBlockByNumber", ["latest", False])
    if not isinstance(block, dict):
        bad(endpoint)
    height, at = number(block.get("number"), endpoint), number(block.get("timestamp"), endpoint)
    chain = number(_call(endpoint, ask, "eth_chainId", []), endpoint)
    # Either false, or a mapping of how far it is.
    syncing = bool(_call(endpoint, ask, "eth_syncing", []))
    return {
        "height": height,
        "age_s": max(0.0, round(now - at, 1)),
        "chain": chain,
        "syncing": syncing,
    }


def _call(endpoint: str, ask: Ask, method: str, parameters: Sequence[Any]) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    told = document(ask(endpoint, json.dumps(body)), endpoint)
    if not isinstance(told, dict) or "result" not in told:
        raise problem("server_error", endpoint, "it answers an error of JSON-RPC")
    return told["result"]


def document(answer: Mapping[str, Any], endpoint: str) -> Any:
    if answer["reason"] != "ok":
        raise problem(answer["reason"] if answer["reason"] in TEXTS else "unreachable", endpoint)
    if answer["status"] in STATUSES:
        reason, text = STATUSES[answer["status"]]
        raise problem(reason, endpoint, text)
    if answer["status"] != 200:
        raise problem("failed_status", endpoint)
    try:
        return json.loads(answer["body"])
    except (ValueError, RecursionError):
        bad(endpoint)


def number(value: Any, endpoint: str) -> int:
    """A number, or a text of one as JSON-RPC has it."""
    try:
        if isinstance(value, str):
            return int(value, 16 if value.startswith("0x") else 10)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    except ValueError:
        pass
    raise problem("bad_answer", endpoint)


def bad(endpoint: str) -> Any:
    raise problem("bad_answer", endpoint)


def judged(nodes: Sequence[Document]) -> list[Document]:
    """Whose head is far behind that of another one has not kept up, whatever it says of itself."""
    heads = [
        one["height"]
        for one in nodes
        if one["height"] is not None and one["right_chain"] is not False
    ]
    best = max(heads, default=None)
    return [
        {
            **one,
            "behind": None
            if best is None or one["height"] is None
            else max(0, best - one["height"]),
        }
        for one in nodes
    ]
