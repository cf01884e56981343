# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for slow statements: the root is stopped, who waits never is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    db_slow_queries as scenario,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.slow_readings import (
    INPUTS,
    index,
    offender,
    root,
    slow,
    table,
    waits,
)

CHECKS = [
    f"postgresql_{name}"
    for name in ("blocking", "prepared", "statements", "waits", "statistics", "indexes")
]
CATALOG: dict[str, Any] = {"platform": "external", "postgresql": {"database": "shop"}}
ADMIN: dict[str, Any] = {
    **CATALOG,
    "postgresql": {"database": "shop", "admin": {"user": "postgres"}},
}
IDLE = offender(1, signal="terminate")
CHAIN: dict[str, Any] = {"roots": [root(1)], "edges": [waits(2, 1)], "offenders": [IDLE]}
LONG = offender(3, "runs_long")


def planned(
    given: Any, catalog: dict[str, Any] | None = None, approve: str = "", **inputs: Any
) -> list[dict[str, Any]]:
    values, readings = {**INPUTS, **inputs}, {"postgresql": given}
    found = grading.grade(CHECKS, readings, values, "db")
    situation = Situation("db", catalog or CATALOG, found, readings, values, lambda a: a == approve)
    return decide(scenario.plan(situation), scenario.ACTIONS, "safe", lambda a: a == approve)


def pids(entry: dict[str, Any]) -> list[int]:
    return [session["pid"] for session in entry["parameters"].get("sessions", [])]


@pytest.mark.parametrize(
    ("parts", "inputs", "stops"),
    [
        ({}, {}, []),
        (CHAIN, {}, [("planned", [1])]),
        ({"offenders": [LONG]}, {}, [("planned", [3])]),
        ({**CHAIN, "offenders": [IDLE, LONG]}, {}, [("planned", [1]), ("planned", [3])]),
        # both share the cap
        ({**CHAIN, "offenders": [IDLE, LONG]}, {"max_terminate": 1}, [("planned", [1]), ("refused", [])]),
        ({"offenders": [LONG, offender(4, "runs_long")]}, {"max_terminate": 1}, [("planned", [3])]),
        ({"offenders": [offender(3, "runs_long", protected="superuser")]}, {}, []),
        ({**CHAIN, "can_signal": False}, {}, [("refused", [])]),
        # what is protected is told, and what is not is stopped all the same
        (
            {
                "roots": [root(1), root(7, protected="superuser")],
                "edges": [waits(2, 1), waits(8, 7)],
                "offenders": [IDLE, offender(7, protected="superuser")],
            }, {}, [("refused", []), ("planned", [1])],
        ),
        ({"hidden": 3}, {}, [("refused", [])]),
    ],
)  # fmt: skip
def test_sessions(parts: dict[str, Any], inputs: dict[str, Any], stops: list[Any]) -> None:
    entries = planned(slow(**parts), **inputs)
    assert {entry["action"] for entry in entries} <= {"stop_sessions"}
    assert [(entry["status"], pids(entry)) for entry in entries] == stops


def test_a_role_that_may_not_signal_is_helped_by_the_admin() -> None:
    (entry,) = planned(slow(**CHAIN, can_signal=False), ADMIN)
    assert (entry["status"], pids(entry)) == ("planned", [1])


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ([IDLE], "end 1 blocker idle in transaction: pid 1 (role app, application shop)"),
        ([offender(1)], "cancel 1 blocker, and end what goes on after 5 s: pid 1 (role app, application shop)"),
    ],
)  # fmt: skip
def test_it_says_what_it_would_do(chosen: list[dict[str, Any]], said: str) -> None:
    (entry,) = planned(slow(**{**CHAIN, "offenders": chosen}))
    assert entry["summary"] == said
    assert entry["undo"] == scenario.NO_WAY_BACK


@pytest.mark.parametrize(
    ("given", "holding", "said"),
    [
        (
            root(1, protected="protected_application", application="pg_dump"), [],
            "SELECT pg_cancel_backend(2), role app: ALTER TABLE orders",
        ),
        (root(1, backend_type="autovacuum worker", wraparound=True, state=None), [], "vacuum is never ended"),
        (root(1, protected="maintenance"), [], "it is never ended from here"),
        (
            root(0, backend_type=None), [{"gid": "o-1", "owner": "app", "database": "shop", "age_s": 9.0}],
            "COMMIT PREPARED or ROLLBACK PREPARED",
        ),
    ],
)  # fmt: skip
def test_what_can_be_done_by_hand(given: Any, holding: list[Any], said: str) -> None:
    edges = [
        waits(2, given["pid"], mode="AccessExclusiveLock", query="ALTER TABLE orders"),
        waits(3, 2),
    ]
    (entry,) = planned(slow(roots=[given], edges=edges, holding=holding))
    assert entry["status"] == "refused" and said in entry["why"]
    assert "2 sessions waiting" in entry["why"]


@pytest.mark.parametrize(
    ("stale", "catalog", "inputs", "status", "names"),
    [
        ([table()], CATALOG, {}, "planned", ["orders"]),
        ([table(may=False)], CATALOG, {}, "refused", []),
        ([table(may=False)], ADMIN, {}, "planned", ["orders"]),
        ([table("a"), table("b"), table("c")], CATALOG, {"max_analyze": 2}, "planned", ["a", "b"]),
        ([table("a", may=False), table("b")], CATALOG, {}, "planned", ["b"]),
    ],
)  # fmt: skip
def test_statistics(
    stale: list[Any], catalog: dict[str, Any], inputs: dict[str, Any], status: str, names: list[str]
) -> None:
    (entry,) = planned(slow(stale=stale), catalog, **inputs)
    assert (entry["action"], entry["status"]) == ("analyze_tables", status)
    assert [t["name"] for t in entry["parameters"].get("tables", [])] == names


PREPARED = [{"gid": "o-1", "owner": "app", "database": "shop", "age_s": 1.0}]


@pytest.mark.parametrize(
    ("parts", "name", "approve", "status", "why"),
    [
        ({"invalid": [index()]}, None, "", "not_needed", "add -e index=public.orders_n -e approve=reindex_index"),
        ({"invalid": [index()]}, "public.orders_n", "", "needs_approval", "nobody approved"),
        ({"invalid": [index()]}, "public.orders_n", "reindex_index", "planned", "approved by name"),
        ({"bloated": [index(valid=True)]}, "public.orders_n", "reindex_index", "planned", "approved by name"),
        # of several only the one that is named
        ({"invalid": [index("a"), index()]}, "public.orders_n", "reindex_index", "planned", ""),
        ({"invalid": [index("n_ccnew", leftover=True)]}, None, "", "not_needed", "DROP INDEX CONCURRENTLY"),
        ({"invalid": [index("n_ccnew", leftover=True)]}, "public.n_ccnew", "reindex_index", "refused", "DROP INDEX"),
        ({"invalid": [index(may=False)]}, "public.orders_n", "reindex_index", "refused", "may not rebuild it"),
        ({"invalid": [index()], "prepared": PREPARED}, "public.orders_n", "reindex_index", "refused", "prepared"),
        ({}, "public.nowhere", "reindex_index", "refused", "there is no index public.nowhere in database shop"),
        ({"named": index(valid=True)}, "public.orders_n", "reindex_index", "not_needed", "neither invalid nor"),
    ],
)  # fmt: skip
def test_indexes(
    parts: dict[str, Any], name: str | None, approve: str, status: str, why: str
) -> None:
    (entry,) = planned(slow(**parts), approve=approve, index=name)
    assert (entry["action"], entry["status"]) == ("reindex_index", status)
    assert why in entry["why"]
    if status == "planned":
        assert entry["parameters"] == {"schema": "public", "name": "orders_n"}


def test_no_index_is_rebuilt_while_sessions_wait() -> None:
    entries = planned(
        slow(**CHAIN, invalid=[index()]), approve="reindex_index", index="public.orders_n"
    )
    assert [(e["action"], e["status"]) for e in entries] == [
        ("stop_sessions", "planned"), ("reindex_index", "refused"),
    ]  # fmt: skip


def test_what_cannot_be_read_is_not_acted_on() -> None:
    assert planned(reading(None, refused={"normal": refused("slots_reserved")})) == []
