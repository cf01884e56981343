# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node is: how old its newest block is, and of which network.

Never by getConsensusBlock: the server fills its timestamp with its own clock, so it is always fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import (
    Client,
    Problem,
    place,
    problem,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.endpoints import GLOBAL_IDS

KEYS_REFUSED = ("key_unknown", "key_other_network")


def node(client: Client, endpoint: str, network: str, api: str, now: float) -> dict[str, Any]:
    """One endpoint as it is; see docs/contracts.md, "Node"."""
    found: dict[str, Any] = {
        "endpoint": place(endpoint), "refused": None, "height": None, "age_s": None, "chain": None,
        "right_chain": None, "syncing": None, "key": "unknown" if client.key else "none",
    }  # fmt: skip
    asked = client.on(endpoint)
    try:
        block = _newest_v3(asked, endpoint) if api == "v3" else _newest_v2(asked, endpoint)
    except Problem as failed:
        if failed.reason in KEYS_REFUSED:
            found["key"] = "refused"
        return {**found, "refused": failed.told()}
    chain = block["global_id"]
    return {
        **found,
        "height": block["seqno"],
        "age_s": max(0.0, round(now - block["gen_utime"], 1)),
        "chain": chain,
        "right_chain": chain == GLOBAL_IDS[network],
        "key": "accepted" if client.key else "none",
    }


def _newest_v3(client: Client, endpoint: str) -> dict[str, int]:
    return numbers(client.get("v3", "masterchainInfo").get("last"), endpoint)


def _newest_v2(client: Client, endpoint: str) -> dict[str, int]:
    info = client.get("v2", "getMasterchainInfo")
    try:
        last = info["last"]
        # The number of the shard is 64 bits with a sign, as text.
        pairs = [(key, str(last[key])) for key in ("workchain", "shard", "seqno")]
    except (KeyError, TypeError):
        raise problem("bad_answer", endpoint) from None
    header = client.get("v2", "getBlockHeader", pairs)
    seqno = last["seqno"]
    return numbers({**header, "seqno": seqno} if isinstance(header, dict) else None, endpoint)


def numbers(block: Any, endpoint: str) -> dict[str, int]:
    """In version 3 some of them are texts."""
    try:
        return {key: int(block[key]) for key in ("seqno", "gen_utime", "global_id")}
    except (KeyError, TypeError, ValueError):
        raise problem("bad_answer", endpoint) from None


def usable(nodes: list[dict[str, Any]], most_s: float) -> list[int]:
    """Those whose answers count: of the right network, and not behind it."""
    return [number for number, one in enumerate(nodes) if is_usable(one, most_s)]


def is_usable(one: Mapping[str, Any], most_s: float) -> bool:
    """A kind of node that tells no age, or no chain, is believed for it."""
    return (
        not one["refused"]
        and one["right_chain"] is not False
        and not one["syncing"]
        and (one["age_s"] is None or one["age_s"] < most_s)
    )
