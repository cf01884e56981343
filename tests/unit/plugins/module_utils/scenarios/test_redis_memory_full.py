# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a Redis without memory: more of it first, and deleting only what is a cache."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    redis_memory_full as scenario,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.redis_readings import (
    INPUTS,
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    NOW,
    workload,
)

MIB = 2**20
CHECKS = ("redis_access", "redis_role", "redis_memory", "redis_hit_rate", "redis_latency")
VALUES: dict[str, Any] = {
    **INPUTS, "hit_percent": 80, "max_unlink": 10000, "maxmemory_mib": None, "expires_minutes": 60,
}  # fmt: skip
CACHE = {"cache:": {"percent": 50.0, "keys": 5000, "bytes": 5000 * 1000, "mean_bytes": 1000}}
EMPTY = {"cache:": {"percent": 0.0, "keys": 0, "bytes": 0, "mean_bytes": 0}}
REPLICA = reading(role={"role": "slave", "master_link_status": "up"})


def kept(
    used: int = 96,
    policy: str = "noeviction",
    ttl: float = 0.0,
    prefixes: dict[str, Any] | None = None,
    hits: float = 99.0,
    **more: Any,
) -> dict[str, Any]:
    memory = {"used_memory": used * MIB, "maxmemory": 100 * MIB, "maxmemory_policy": policy, **more}
    keys: dict[str, Any] = {
        "total": 10000,
        "sampled": 400,
        "with_ttl_percent": ttl,
        "prefixes": CACHE if prefixes is None else prefixes,
        "big": [],
    }
    rates = {"seconds": 2.0, "lookups": 1000, "hit_percent": hits, "evicted": 7}
    return {
        "refused": None,
        "document": {"memory": memory, "role": "master", "keys": keys, "rates": rates},
    }


def planned(
    given: dict[str, Any],
    server: dict[str, Any] | None = None,
    limit: int | None = None,
    available: int | None = 1000 * MIB,
    approved: bool = False,
    **inputs: Any,
) -> list[tuple[str, str]]:
    values = {**VALUES, **inputs}
    readings = {
        "redis": server or reading(),
        "redis_keys": given,
        "memory": {"available_bytes": available},
        "workload": workload(limits={"memory_bytes": limit}),
        "history": {"now": NOW, "changes": [], "open": []},
    }
    found = grading.grade(CHECKS, readings, values, "cache")
    situation = Situation(
        "cache", {"kind": "redis"}, found, readings, values, lambda _action: approved
    )
    entries = decide(scenario.plan(situation), scenario.ACTIONS, "safe", lambda _action: approved)
    return [(entry["action"], entry["status"]) for entry in entries]


def both(less: str, more: str) -> list[tuple[str, str]]:
    return [("unlink_cache", less), ("raise_maxmemory", more)]


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        (kept(used=10), {}, []),
        (kept(), {}, both("not_needed", "planned")),
        (kept(), {"approved": True}, both("planned", "not_needed")),
        (kept(), {"available": None}, both("needs_approval", "refused")),
        (kept(), {"available": 20 * MIB}, both("needs_approval", "refused")),
        (kept(), {"limit": 200 * MIB}, both("not_needed", "planned")),
        # Its own limit counts, not what the host has.
        (kept(), {"limit": 150 * MIB}, both("needs_approval", "refused")),
        (kept(), {"maxmemory_mib": 50}, both("needs_approval", "refused")),
        (kept(prefixes={}), {}, both("refused", "planned")),
        (kept(prefixes=EMPTY), {"approved": True}, both("refused", "planned")),
        # A cache that evicts is full by design.
        (kept(policy="allkeys-lru"), {}, []),
        (kept(policy="volatile-lru", ttl=90.0), {}, []),
        (kept(policy="volatile-lru", ttl=3.0), {}, both("not_needed", "planned")),
        # It evicts what it is asked for.
        (kept(policy="allkeys-lru", hits=20.0), {}, [("raise_maxmemory", "planned")]),
        (kept(maxmemory=0, total_system_memory=10000 * MIB), {}, []),
        (kept(), {"server": REPLICA}, [("unlink_cache", "refused")]),
        (kept(used=10), {"server": REPLICA}, [("unlink_cache", "refused")]),
        (kept(), {"server": refused("timeout")}, []),
        ({"refused": {"reason": "timeout", "message": "x"}, "document": None}, {}, []),
    ],
)
def test_plans(
    given: dict[str, Any], options: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert planned(given, **options) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (kept(used=79), [("ok", "ok")]),
        (kept(used=80), [("warn", "full")]),
        (kept(used=95), [("crit", "full")]),
        (kept(maxmemory=0, total_system_memory=100 * MIB), [("warn", "no_limit")]),
        (
            kept(used=10, mem_fragmentation_ratio=2.0, mem_fragmentation_bytes=200 * MIB),
            [("ok", "ok"), ("warn", "fragmented")],
        ),
        # Of a small server a ratio says nothing.
        (
            kept(used=10, mem_fragmentation_ratio=9.0, mem_fragmentation_bytes=5 * MIB),
            [("ok", "ok")],
        ),
    ],
)
def test_grades(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = grading.grade(["redis_memory"], {"redis_keys": given}, VALUES, "cache")
    assert [(one["severity"], one["reason"]) for one in found] == expected


def test_a_few_lookups_are_no_rate() -> None:
    given = kept(hits=0.0)
    given["document"]["rates"]["lookups"] = 99
    assert grading.grade(["redis_hit_rate"], {"redis_keys": given}, VALUES, "cache") == []
