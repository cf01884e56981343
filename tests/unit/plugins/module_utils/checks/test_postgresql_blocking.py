# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who keeps others waiting, by its right name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import postgresql_blocking
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import chains
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.slow_readings import (
    INPUTS,
    root,
    slow,
    waits,
)

VACUUM: dict[str, Any] = {
    "backend_type": "autovacuum worker",
    "role": None,
    "state": None,
    "class": None,
}
OTHER: dict[str, Any] = {"class": "other"}
ACTIVE: dict[str, Any] = {"state": "active", "class": "active"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (root(), "blocking_idle_in_tx"),
        (root(state="idle in transaction (aborted)"), "blocking_idle_in_tx"),
        (root(**ACTIVE), "blocking_active"),
        # A chain may hang on a session that is neither: between two statements, or in a fast path.
        (root(state="disabled", **OTHER), "blocking_active"),
        (root(protected="superuser"), "blocked_by_protected_session"),
        (root(protected="protected_application", application="pg_dump"), "blocked_by_protected_session"),
        (root(protected="not_app_role", **ACTIVE), "blocked_by_protected_session"),
        (root(protected="maintenance", **ACTIVE), "blocked_by_maintenance"),
        (root(**VACUUM), "blocked_by_autovacuum"),
        (root(**VACUUM, wraparound=True), "blocked_by_autovacuum_wraparound"),
        (root(backend_type="walsender", role=None, state=None), "blocked_by_protected_session"),
        (root(backend_type=None, role=None, state=None), "blocked_by_protected_session"),
    ],
)  # fmt: skip
def test_reason(given: dict[str, Any], reason: str) -> None:
    (found,) = postgresql_blocking.grade(slow(roots=[given], edges=[waits(2, 1)]), INPUTS)
    assert (found["severity"], found["reason"]) == ("crit", reason)
    assert reason in postgresql_blocking.REASONS
    assert "pid 1 " in found["summary"] and "1 session waiting at orders" in found["summary"]


@pytest.mark.parametrize(
    ("parts", "severity", "reason"),
    [
        ({}, "ok", "ok"),
        # for less than blocked_seconds
        ({"roots": [root(wait_s=29.9)], "edges": [waits(2, 1, wait_s=29.9)]}, "ok", "ok"),
        ({"roots": [root(wait_s=30)], "edges": [waits(2, 1)]}, "crit", "blocking_idle_in_tx"),
        ({"hidden": 3}, "unknown", "insufficient_privilege"),
        ({"hidden": 3, "roots": [root()]}, "unknown", "insufficient_privilege"),
    ],
)
def test_severity(parts: dict[str, Any], severity: str, reason: str) -> None:
    (found,) = postgresql_blocking.grade(slow(**parts), INPUTS)
    assert (found["severity"], found["reason"]) == (severity, reason)


@pytest.mark.parametrize(
    ("why", "reason"), [("auth_failed", "auth_failed"), ("timeout", "unreachable"), ("starting_up", "not_read")]
)  # fmt: skip
def test_nothing_read_is_unknown(why: str, reason: str) -> None:
    given = reading(None, refused={"normal": refused(why)})
    (found,) = postgresql_blocking.grade(given, INPUTS)
    assert (found["severity"], found["reason"]) == ("unknown", reason)


def test_each_root_has_a_finding() -> None:
    given = slow(roots=[root(1), root(5, **ACTIVE)], edges=[waits(2, 1), waits(6, 5), waits(7, 6)])
    found = postgresql_blocking.grade(given, INPUTS)
    assert [f["reason"] for f in found] == ["blocking_idle_in_tx", "blocking_active"]
    assert "2 sessions waiting" in found[1]["summary"]


def test_a_prepared_transaction_has_no_process() -> None:
    holding = [{"gid": "o-1", "owner": "app", "database": "shop", "age_s": 90.0, "blocks": 1}]
    given = slow(roots=[root(0, backend_type=None)], edges=[waits(2, 0)], holding=holding)
    (found,) = postgresql_blocking.grade(given, INPUTS)
    assert found["reason"] == "orphan_prepared_xact"
    assert "'o-1' of app in database shop" in found["summary"]


@pytest.mark.parametrize(
    ("edges", "behind", "gate"),
    [
        ([], [], None),
        ([waits(2, 1)], [2], 2),
        # readers behind a DDL that only waits itself
        (
            [waits(2, 1, mode="AccessExclusiveLock"), waits(3, 2), waits(4, 2), waits(9, 8)],
            [2, 3, 4], 2,
        ),
        # the one with followers, though another asks for the stronger lock
        ([waits(2, 1, mode="AccessExclusiveLock"), waits(3, 1, mode="RowShareLock"), waits(4, 3)], [2, 3, 4], 3),
        # rows: none of them can be let go to free another
        ([waits(2, 1, locktype="transactionid"), waits(3, 1, locktype="transactionid")], [2, 3], None),
        # a circle, before the server breaks it
        ([waits(2, 1, 3), waits(3, 2)], [2, 3], 2),
    ],
)  # fmt: skip
def test_chains(edges: list[dict[str, Any]], behind: list[int], gate: int | None) -> None:
    assert [edge["pid"] for edge in chains.behind(edges, 1)] == behind
    found = chains.gate(edges, 1)
    assert (found["pid"] if found else None) == gate
