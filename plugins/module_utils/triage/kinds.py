# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What triage reads and judges of a kind of service, beside its workload and its health.

Databases and Redis are read in a way of their own (catalog_info), because several services may lead to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    section: str  # of the catalog; without it nobody knows how to ask
    checks: tuple[str, ...]
    probes: tuple[str, ...] = ()


KINDS = {
    "postgresql": Kind(
        "postgresql",
        ("postgresql_access", "postgresql_blocking", "postgresql_connections", "postgresql_pooler"),
    ),
    "redis": Kind("redis", ("redis_access", "redis_memory")),
    "queue": Kind(
        "queue", ("queue_access", "queue_workers", "queue_backlog", "queue_failed"), ("queue",)
    ),
    "bot": Kind("telegram", ("bot_api", "bot_webhook"), ("history", "telegram")),
    "chain_node": Kind("chain_node", ("chain_nodes",), ("chain",)),
    "indexer": Kind("indexer", ("rpc_in_use", "indexer_lag"), ("chain", "indexer")),
    "wallet": Kind("wallet", ("chain_nodes", "wallets"), ("chain", "wallet")),
}


def of(entry: Mapping[str, Any]) -> Kind | None:
    """None of a kind of which nothing more can be read, and where its section is missing."""
    kind = KINDS.get(entry["kind"])
    return kind if kind and entry.get(kind.section) else None


def needs(entry: Mapping[str, Any]) -> list[str]:
    """What it depends on: as the catalog says, and where its queue is kept or its chain is asked."""
    found = list(entry.get("depends_on") or ())
    queue, rpc = entry.get("queue") or {}, entry.get("rpc") or {}
    found += [queue["redis"]] if "redis" in queue else []
    return list(dict.fromkeys([*found, *rpc.get("nodes", ())]))
