# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What makes statements slow that nobody keeps waiting: stale statistics, invalid and bloated indexes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.slow import (
    UPDATE,
    case_of,
    kept_waiting,
    resolved,
)

pytestmark = pytest.mark.slow
STALE = """CREATE TABLE fresh_import WITH (autovacuum_enabled = off) AS
  SELECT n, 'customer ' || n % 7 AS customer FROM generate_series(1, 20000) AS n;
  ALTER TABLE fresh_import OWNER TO app"""
ANALYZED = "SELECT last_analyze IS NOT NULL, n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = %s"
REINDEX = {"index": "public.doubled_n", "approve": "reindex_index"}
VALID = "SELECT i.indisvalid FROM pg_index AS i WHERE i.indexrelid = 'doubled_n'::regclass"


@pytest.fixture
def lay(quiet: Any) -> Iterator[Any]:
    """Lay out a table with a fault; it is gone after the test."""
    made: list[str] = []

    def make(table: str, *statements: str) -> None:
        made.append(table)
        with quiet.connect() as connection:
            for statement in statements:
                with contextlib.suppress(psycopg.errors.UniqueViolation):
                    connection.execute(statement.encode())

    yield make
    with quiet.connect() as connection:
        for table in made:
            connection.execute(f"DROP TABLE IF EXISTS {table}".encode())


def test_stale_statistics_are_taken_anew(drill: Any, quiet: Any, lay: Any) -> None:
    case = case_of(drill)
    case.healthy()
    lay("fresh_import", STALE)
    checked = case.check()
    found = checked.finding("postgresql_statistics")
    assert found["reason"] == "stale_statistics" and "public.fresh_import" in found["summary"]
    assert quiet.query(ANALYZED, "fresh_import") == [(False, 20000)]

    done = resolved(case, snapshot.take(quiet))
    (change,) = done.report["changes"]
    assert change["after"] == {"analyzed": ["public.fresh_import"], "skipped": []}
    assert quiet.query(ANALYZED, "fresh_import") == [(True, 0)]
    case.healthy()


def test_who_may_not_analyze_is_told(drill: Any, lay: Any) -> None:
    case = case_of(drill, admin=False)
    case.healthy()
    lay("fresh_import", STALE)
    assert "ANALYZE public.fresh_import" in case.refused().report["next_step"]


def invalid(lay: Any) -> None:
    """As a unique index that found two equal rows leaves it; they are gone by now."""
    lay(
        "doubled",
        "CREATE TABLE doubled AS SELECT n % 10 AS n, n AS id FROM generate_series(1, 20) AS n",
        "CREATE UNIQUE INDEX CONCURRENTLY doubled_n ON doubled (n)",
        "DELETE FROM doubled WHERE id > 10",
        "ALTER TABLE doubled OWNER TO app",
    )


def test_an_invalid_index_is_rebuilt_when_it_is_named_and_approved(
    drill: Any, quiet: Any, lay: Any
) -> None:
    case = case_of(drill)
    case.healthy()
    invalid(lay)
    assert quiet.query(VALID) == [(False,)]
    told = case.unchanged()
    assert (told.outcome, told.rc) == ("attention", 0)
    assert told.finding("postgresql_indexes")["reason"] == "invalid_index"
    assert "-e index=public.doubled_n" in told.planned("reindex_index")["why"]
    asked = case.unchanged(index="public.doubled_n")
    assert (asked.outcome, asked.rc) == ("needs_approval", 2)

    case.check(**REINDEX)
    assert quiet.query(VALID) == [(False,)]
    done = resolved(case.given(**REINDEX), snapshot.take(quiet))
    (change,) = done.report["changes"]
    assert change["after"]["valid"] is True and quiet.query(VALID) == [(True,)]
    again = case.unchanged(**REINDEX)
    assert (again.outcome, again.rc) == ("healthy", 0)


def test_an_index_that_is_not_there(drill: Any, lay: Any) -> None:
    case = case_of(drill)
    done = case.refused(index="public.nowhere", approve="reindex_index")
    assert "there is no index public.nowhere" in done.report["next_step"]


def test_no_index_is_rebuilt_while_sessions_wait(drill: Any, crowd: Any, lay: Any) -> None:
    """It would wait behind them, and others behind it."""
    case = case_of(drill).given(max_terminate=1)
    invalid(lay)
    (root,) = crowd.open(1, role="postgres")
    crowd.session(root).execute("BEGIN")
    crowd.session(root).execute(UPDATE.encode())
    kept_waiting(crowd, 1)
    done = case.refused(**REINDEX)
    assert "the rebuild would wait" in done.planned("reindex_index")["why"]


def test_a_rebuild_that_cannot_be_done_leaves_a_word_of_what_is_left(
    drill: Any, quiet: Any, lay: Any
) -> None:
    """Two equal rows are still there: a unique index cannot be built of them."""
    lay(
        "doubled",
        "CREATE TABLE doubled AS SELECT n % 10 AS n FROM generate_series(1, 20) AS n",
        "CREATE UNIQUE INDEX CONCURRENTLY doubled_n ON doubled (n)",
    )
    done = case_of(drill).run(**REINDEX)
    assert done.outcome == "unrecovered" and done.rc != 0
    assert "DROP INDEX CONCURRENTLY public.doubled_n_ccnew" in done.report["next_step"]
    left = case_of(drill).unchanged()
    assert "doubled_n_ccnew" in left.finding("postgresql_indexes")["summary"]


def test_a_bloated_index_is_named(drill: Any, lay: Any) -> None:
    case = case_of(drill)
    lay(
        "shrunk",
        "CREATE TABLE shrunk AS SELECT generate_series(1, 800000) AS n",
        "CREATE INDEX shrunk_n ON shrunk (n)",
        "DELETE FROM shrunk WHERE n % 20 <> 0",
        # What is counted a second late would count as changed since.
        "SELECT pg_stat_force_next_flush()",
        "VACUUM ANALYZE shrunk",
    )
    done = case.unchanged()
    assert done.finding("postgresql_indexes")["reason"] == "bloated_index"
    assert "public.shrunk_n" in done.finding("postgresql_indexes")["summary"]
    assert case.run(index="public.shrunk_n", approve="reindex_index").outcome == "recovered"
    case.healthy()
