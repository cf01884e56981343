# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks on Redis: what was read, graded."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.redis_readings import (
    INPUTS,
    client,
    reading,
    refused,
)

AOF = {"aof_enabled": 1}
NO_WRITE = {"aof_last_write_status": "err"}
NO_REWRITE = {**AOF, "aof_last_bgrewrite_status": "err"}


def graded(check: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    found = grading.grade([check], {"redis": given}, INPUTS, "cache")
    return [(one["severity"], one["reason"]) for one in found]


@pytest.mark.parametrize(
    ("check", "given", "expected"),
    [
        ("redis_access", reading(), ("ok", "ok")),
        ("redis_access", refused("auth_failed"), ("crit", "auth_failed")),
        ("redis_access", refused("out_of_memory"), ("crit", "unknown")),
        (
            "redis_access",
            refused("loading", persistence={"loading": 1, "loading_eta_seconds": 4}),
            ("crit", "loading"),
        ),
        ("redis_role", reading(), ("ok", "ok")),
        (
            "redis_role",
            reading(role={"role": "slave", "master_link_status": "up"}),
            ("crit", "replica"),
        ),
        (
            "redis_role",
            reading(role={"role": "slave", "master_link_status": "down"}),
            ("crit", "replica_link_down"),
        ),
        ("redis_persistence", reading(), ("ok", "ok")),
        (
            "redis_persistence",
            reading(persistence={"rdb_last_bgsave_status": "err"}),
            ("crit", "save_failed"),
        ),
        (
            "redis_persistence",
            reading(persistence={**AOF, **NO_WRITE}),
            ("crit", "aof_write_failed"),
        ),
        (
            "redis_persistence",
            reading(persistence=NO_REWRITE),
            ("warn", "aof_rewrite_failed"),
        ),
        # Left over from a time when the append-only file was on.
        ("redis_persistence", reading(persistence=NO_WRITE), ("ok", "ok")),
        ("redis_clients", reading(), ("ok", "ok")),
        (
            "redis_clients",
            reading(clients={"connected": 16, "endable": [client(1)]}),
            ("warn", "idle_clients"),
        ),
        (
            "redis_clients",
            reading(clients={"connected": 19, "kept": {"young": 18}}),
            ("crit", "active_clients"),
        ),
        (
            "redis_clients",
            reading(clients={"connected": 19, "kept": {"blocked": 18}}),
            ("crit", "kept_clients"),
        ),
        (
            "redis_clients",
            reading(clients={"connected": 19, "listed": False}),
            ("crit", "no_permission"),
        ),
        ("redis_latency", reading(), ("ok", "ok")),
        ("redis_latency", reading(latency={"high_ms": 100.0}), ("warn", "slow")),
    ],
)
def test_grades(check: str, given: dict[str, Any], expected: tuple[str, str]) -> None:
    assert graded(check, given) == [expected]


@pytest.mark.parametrize(
    "check", ["redis_role", "redis_persistence", "redis_clients", "redis_latency"]
)
def test_what_was_not_read_is_told_once(check: str) -> None:
    """By redis_access; a check without a finding is never ok."""
    assert graded(check, refused("timeout")) == []


def test_the_slow_commands_are_named() -> None:
    given = reading(
        latency={"high_ms": 300.0}, slow_commands=[{"command": "KEYS"}, {"command": "KEYS"}]
    )
    (found,) = grading.grade(["redis_latency"], {"redis": given}, INPUTS, "cache")
    assert found["summary"].endswith("the newest slow commands: KEYS")
