# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PG32: statements that run for too long are cancelled, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from ansible_collections.oncall.runbooks.tests.integration.faults.slow import (
    case_of,
    resolved,
    send,
    stopped,
    wait_until,
)

pytestmark = pytest.mark.slow
STATEMENTS = "postgresql_statements"
LONG = "SELECT pg_sleep(600)"
# What ignores a cancel, as an extension's code that never looks for one: here it is caught.
STUBBORN = """DO $$ BEGIN LOOP
    BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN NULL; END;
  END LOOP; END $$"""
AT_WORK = "SELECT state FROM pg_stat_activity WHERE pid = %s"


def test_only_what_is_over_the_threshold_goes(drill: Any, crowd: Any) -> None:
    case = case_of(drill, protected_applications=["nightly"]).given(long_query_seconds=30)
    case.healthy()
    old, report = crowd.open(1)[0], crowd.open(1, application="Nightly report")[0]
    (idle,) = crowd.open(1, "idle in transaction")
    for pid in (old, report):
        send(crowd.session(pid), LONG)
    time.sleep(31)
    (young,) = crowd.open(1)
    send(crowd.session(young), LONG)

    checked = case.check()
    assert checked.finding(STATEMENTS)["reason"] == "long_running_query"
    (planned,) = checked.planned("stop_sessions")["parameters"]["sessions"]
    assert planned["pid"] == old

    done = resolved(case, snapshot.take(case.server))
    assert stopped(done) == {"cancelled": [old], "ended": []}
    assert crowd.alive() == {old, report, young, idle}
    assert crowd.server.query(AT_WORK, old) == [("idle",)]
    assert crowd.server.query(AT_WORK, report) == [("active",)]
    # As long as the playbook took, the young one has not become old.
    crowd.session(young).cancel()
    case.healthy()


def test_what_catches_the_cancel_is_ended(drill: Any, crowd: Any) -> None:
    case = case_of(drill).given(long_query_seconds=2)
    case.healthy()
    (pid,) = crowd.open(1)
    send(crowd.session(pid), STUBBORN)
    time.sleep(2.1)
    case.check()
    done = resolved(case, snapshot.take(case.server), pid)
    assert stopped(done) == {"cancelled": [pid], "ended": [pid]}
    case.healthy()


def test_a_protected_long_statement_is_only_told(drill: Any, crowd: Any) -> None:
    case = case_of(drill).given(long_query_seconds=2)
    (pid,) = crowd.open(1, role="postgres")
    send(crowd.session(pid), LONG)
    time.sleep(2.1)
    done = case.unchanged()
    assert (done.outcome, done.rc) == ("attention", 0)
    assert done.finding(STATEMENTS)["reason"] == "long_running_protected"
    assert crowd.alive() == {pid}


def test_an_index_that_is_being_built_is_left(drill: Any, crowd: Any) -> None:
    """Cancelled, CREATE INDEX CONCURRENTLY leaves an invalid one: a person decides."""
    with crowd.server.connect() as connection:
        connection.execute(b"CREATE TABLE built AS SELECT generate_series(1, 10) AS n")
        connection.execute(b"ALTER TABLE built OWNER TO app")
        connection.execute(b"GRANT CREATE ON SCHEMA public TO app")
        connection.execute(
            b"CREATE FUNCTION slowly(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
            b"'BEGIN PERFORM pg_sleep(60); RETURN $1; END'"
        )
    try:
        case = case_of(drill).given(long_query_seconds=2)
        (pid,) = crowd.open(1)
        send(crowd.session(pid), "CREATE INDEX CONCURRENTLY built_n ON built (slowly(n))")
        time.sleep(2.1)
        done = case.unchanged()
        assert done.finding(STATEMENTS)["summary"].count("maintenance") == 1
        assert crowd.alive() == {pid}
        assert crowd.server.query(AT_WORK, pid) == [("active",)]
    finally:
        crowd.leave()
        with crowd.server.connect() as connection:
            connection.execute(b"DROP TABLE built; DROP FUNCTION slowly")
            connection.execute(b"REVOKE CREATE ON SCHEMA public FROM app")


@pytest.fixture
def synchronous(own: Any) -> Iterator[Crowd]:
    with own.connect() as connection:
        connection.execute(b"ALTER SYSTEM SET synchronous_standby_names = 'gone'")
        connection.execute(b"ALTER SYSTEM SET synchronous_commit = on")
        connection.execute(b"SELECT pg_reload_conf()")
    found = Crowd(own)
    yield found
    # Before anybody commits again: it would wait, too.
    own.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    with own.connect() as connection:
        connection.execute(b"SET synchronous_commit = off")
        connection.execute(b"ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute(b"SELECT pg_reload_conf()")
    found.leave()


def test_a_commit_that_waits_for_a_standby_is_left(
    drill: Any, own: Any, synchronous: Crowd
) -> None:
    """Cancelled, it would be told to its client as made, on one server alone."""
    case = case_of(drill, own).given(long_query_seconds=2)
    (pid,) = synchronous.open(1)
    send(synchronous.session(pid), "UPDATE orders SET cents = cents + 1 WHERE id = 5")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    wait_until(lambda: own.query(waiting) == [(1,)], "no commit waits for a standby")
    time.sleep(2.1)
    done = case.unchanged()
    assert done.outcome == "attention" and done.rc != 0
    assert done.finding("postgresql_waits")["reason"] == "waiting_for_standby"
    assert own.query(waiting) == [(1,)] and synchronous.alive() == {pid}
