# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the runbooks about a chain share: nodes, wallets and payments in one line each."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import payments

RAW = f"0:{'a1' * 32}"


def node(age: float | None = 3.0, refused: str = "", **more: Any) -> dict[str, Any]:
    told = {
        "endpoint": "ton.example.org", "refused": None, "height": 100, "age_s": age, "chain": -239,
        "right_chain": True, "syncing": None, "key": "none", "behind": 0, **more,
    }  # fmt: skip
    if refused:
        problem = {"reason": refused, "message": f"it is {refused}", "endpoint": told["endpoint"]}
        told.update(refused=problem, height=None, age_s=None, behind=None)
    return told


def chain(*nodes: dict[str, Any], in_use: int | None = None) -> dict[str, Any]:
    return {"nodes": list(nodes) or [node()], "in_use": in_use}


def wallet(refused: str = "", **more: Any) -> dict[str, Any]:
    told = {
        "address": "E" * 48, "raw": RAW, "state": "active", "suspended": None, "balance_nano": "5000000000",
        "is_wallet": True, "wallet_type": "wallet v4 r2", "seqno": 7, "signature_allowed": None,
        "last_lt": "1", "jetton": None, **more,
    }  # fmt: skip
    problem = {"reason": refused, "message": f"it is {refused}", "endpoint": ""}
    return {
        "refused": problem if refused else None, "wallets": [] if refused else [told], "contract": None,
        "floor_nano": 10**9, "jetton_floor": None, "requests": 1,
    }  # fmt: skip


def paid(
    message: str = "", reason: str = "no_node", waiting: int = 0, **groups: list[str]
) -> dict[str, Any]:
    every = {name: groups.get(name, []) for name in payments.GROUPS}
    return {
        "message": message,
        "reason": reason,
        "groups": every,
        "waiting": waiting,
        "environment": {},
    }


def mode(state: str = "left") -> dict[str, Any]:
    return {"mode": "processing", "state": state, "message": "", "in_flight": None}
