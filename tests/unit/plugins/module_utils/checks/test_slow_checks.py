# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Long statements, prepared transactions, waits, statistics and indexes: each by its closed list."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.slow_readings import (
    INPUTS,
    index,
    offender,
    slow,
    table,
)

PREPARED = {"gid": "o-1", "owner": "app", "database": "shop", "age_s": 300.0}
TOP = {"query": "SELECT ? FROM orders", "calls": 7, "mean_ms": 12.5}
NAMES = ("prepared", "statements", "waits", "statistics", "indexes")


def grade(name: str, **parts: Any) -> list[tuple[str, str, str]]:
    found = grading.grade([f"postgresql_{name}"], {"postgresql": slow(**parts)}, INPUTS, "db")
    return [(one["severity"], one["reason"], one["summary"]) for one in found]


@pytest.mark.parametrize(
    ("name", "parts", "severity", "reason", "said"),
    [
        ("statements", {}, "ok", "ok", "no statement runs for 300 s"),
        ("statements", {"offenders": [offender(3, "runs_long")]}, "warn", "long_running_query", "pid 3 (role app"),
        # who blocks is the other check's
        ("statements", {"offenders": [offender(3, "blocks")]}, "ok", "ok", "no statement"),
        (
            "statements", {"offenders": [offender(3, "runs_long", protected="superuser")]},
            "warn", "long_running_protected", "protected: superuser",
        ),
        (
            "statements", {"offenders": [offender(3, "runs_long", protected="superuser"), offender(4, "runs_long")]},
            "warn", "long_running_query", "1 statement for 300 s",
        ),
        # a backup takes as long as it takes
        (
            "statements", {"offenders": [offender(3, "runs_long", protected="protected_application")]},
            "ok", "ok", "but 1 protected one",
        ),
        ("statements", {"statements": {"available": True, "top": [TOP]}}, "ok", "ok", "7 calls, 12.5 ms each"),
        ("prepared", {}, "ok", "ok", "no prepared"),
        ("prepared", {"prepared": [PREPARED]}, "warn", "orphan_prepared_xact", "'o-1' of app in database shop"),
        ("prepared", {"prepared": [{**PREPARED, "age_s": 299.9}]}, "ok", "ok", "1 prepared, none for 300 s"),
        ("wraparound", {}, "ok", "ok", "the oldest row is 700 transactions old"),
        ("wraparound", {"wraparound": {"xid_age": 1_599_999_999}}, "ok", "ok", "1599999999 transactions"),
        ("wraparound", {"wraparound": {"xid_age": 1_600_000_000}}, "warn", "xid_wraparound_risk", "544483648 left"),
        ("wraparound", {"wraparound": {"xid_age": 2_107_483_648}}, "crit", "xid_wraparound_risk", "37000000 left"),
        ("wraparound", {"wraparound": {"xid_age": 2_147_000_000}}, "crit", "xid_wraparound_risk", "(0 left)"),
        ("wraparound", {"wraparound": {"multixact_age": 1_700_000_000}}, "warn", "xid_wraparound_risk", "multixacts"),
        ("waits", {}, "ok", "ok", "0 sessions at work"),
        ("waits", {"waits": {"for_standby": 2, "for_standby_s": 29}}, "ok", "ok", "at work"),
        ("waits", {"waits": {"for_standby": 2, "for_standby_s": 30}}, "crit", "waiting_for_standby", "2 commits"),
        (
            "waits", {"waits": {"active": 3, "events": [{"type": "IO", "event": "DataFileRead", "count": 2},
                                                        {"type": "CPU", "event": None, "count": 1}]}},
            "ok", "ok", "3 sessions at work: 2 IO DataFileRead, 1 CPU",
        ),
        ("statistics", {}, "ok", "ok", "fresh"),
        ("statistics", {"stale": [table()]}, "warn", "stale_statistics", "public.orders has 50000 changes"),
        ("statistics", {"stale": [table()], "in_recovery": True}, "ok", "standby", "primary"),
        ("indexes", {}, "ok", "ok", "no index"),
        ("indexes", {"invalid": [index()]}, "warn", "invalid_index", "1 invalid index (public.orders_n)"),
        (
            "indexes", {"bloated": [index(valid=True), index("b")]},
            "warn", "bloated_index", "takes 50 MiB where 5 would do",
        ),
    ],
)  # fmt: skip
def test_graded(name: str, parts: dict[str, Any], severity: str, reason: str, said: str) -> None:
    (found,) = grade(name, **parts)
    assert found[:2] == (severity, reason)
    assert said in found[2]


def test_invalid_and_bloated_are_two_findings() -> None:
    found = grade("indexes", invalid=[index()], bloated=[index("b", valid=True)])
    assert [one[1] for one in found] == ["invalid_index", "bloated_index"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_read_is_unknown(name: str) -> None:
    given = reading(None, refused={"normal": refused("timeout")})
    (found,) = grading.grade([f"postgresql_{name}"], {"postgresql": given}, INPUTS, "db")
    assert (found["severity"], found["reason"]) == ("unknown", "unreachable")
