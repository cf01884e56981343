# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps others waiting is a backup, a vacuum, or nobody at all: it is told, and left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from ansible_collections.oncall.runbooks.tests.integration.faults.slow import (
    UPDATE,
    case_of,
    kept_waiting,
    wait_until,
)

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
BLOCKING = "postgresql_blocking"
PREPARABLE = "ALTER SYSTEM SET max_prepared_transactions = 5"
# A row is some pages of its own, so a dump that nobody reads stands still in the midst of them.
LARGE = """CREATE TABLE archive AS
  SELECT n, repeat(md5(n::text), 2000) AS text FROM generate_series(1, 400) AS n;
  ALTER TABLE archive ALTER text SET STORAGE EXTERNAL; UPDATE archive SET text = text || '.';
  ALTER TABLE archive OWNER TO app; ANALYZE archive"""


@pytest.fixture
def large(quiet: Any) -> Iterator[None]:
    with quiet.connect() as connection:
        connection.execute(LARGE.encode())
    yield
    Crowd(quiet).leave()
    with quiet.connect() as connection:
        connection.execute(b"DROP TABLE archive")


@pytest.mark.usefixtures("large")
def test_a_dump_is_left_and_the_ddl_is_named(drill: Any, crowd: Any) -> None:
    """PG09."""
    case = case_of(drill)
    case.healthy()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment["PGPASSWORD"] = crowd.server.dsn("app")["password"]
    program = str(programs.folder(crowd.server) / "pg_dump")
    place = ["-h", lab.HOST, "-p", str(crowd.server.port), "-U", "app", "-d", lab.DATABASE]
    dump = subprocess.Popen(
        [program, *place, "-t", "archive"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    copying = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND query LIKE 'COPY%'"
    wait_until(lambda: crowd.server.query(copying) == [(1,)], "pg_dump does not copy")
    (ddl,) = kept_waiting(crowd, 1, "ALTER TABLE archive ADD COLUMN more text")
    victims = kept_waiting(crowd, 2, "SELECT count(*) FROM archive")

    done = case.refused()
    found = done.finding(BLOCKING)
    assert found["reason"] == "blocked_by_protected_session"
    assert "application pg_dump" in found["summary"] and "3 sessions waiting" in found["summary"]
    assert f"SELECT pg_cancel_backend({ddl})" in done.report["next_step"]
    assert {ddl, *victims} <= crowd.alive()
    out, errors = dump.communicate(timeout=60)
    assert (dump.returncode, errors) == (0, b"") and len(out) > 400 * 64000


@pytest.fixture
def preparable(own: Any) -> Iterator[Crowd]:
    with own.connect() as connection:
        connection.execute(PREPARABLE.encode())
    lab.restart(own.directory)
    found = Crowd(own)
    yield found
    for (gid,) in own.query("SELECT gid FROM pg_prepared_xacts"):
        with own.connect() as connection:
            connection.execute(f"ROLLBACK PREPARED '{gid}'".encode())
    found.leave()


def prepare(crowd: Crowd, gid: str) -> None:
    (pid,) = crowd.open(1)
    for statement in ("BEGIN", UPDATE, f"PREPARE TRANSACTION '{gid}'"):
        crowd.session(pid).execute(statement.encode())


def test_a_prepared_transaction_is_told_and_left(drill: Any, own: Any, preparable: Crowd) -> None:
    """PG11."""
    case = case_of(drill, own)
    case.healthy()
    prepare(preparable, "order-4711")
    waiters = kept_waiting(preparable, 2)

    done = case.refused()
    found = done.finding(BLOCKING)
    assert found["reason"] == "orphan_prepared_xact"
    assert "'order-4711' of app in database shop" in found["summary"]
    assert (
        "2 sessions waiting" in found["summary"] and "never rolled back" in done.report["next_step"]
    )
    assert own.query("SELECT gid, owner::text FROM pg_prepared_xacts") == [("order-4711", "app")]
    assert set(waiters) <= preparable.alive()


def test_an_old_prepared_transaction_is_told_though_nobody_waits(
    drill: Any, own: Any, preparable: Crowd
) -> None:
    case = case_of(drill, own).given(prepared_seconds=1)
    prepare(preparable, "order-4712")
    preparable.age()
    done = case.unchanged()
    assert (done.outcome, done.rc) == ("attention", 0)
    assert done.finding("postgresql_prepared")["reason"] == "orphan_prepared_xact"
    assert "order-4712" in done.report["next_step"]


# Each subtransaction that writes takes a transaction's number of its own.
AGE = """CREATE TABLE worn (n int) WITH (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
  INSERT INTO worn SELECT generate_series(1, 1000000); ALTER TABLE worn OWNER TO app"""
SPEND = """DO $$ BEGIN FOR i IN 1..110000 LOOP
    BEGIN INSERT INTO spent VALUES (i); RAISE 'again'; EXCEPTION WHEN raise_exception THEN END;
  END LOOP; END $$"""
WRAPAROUND = """SELECT count(*) FROM pg_stat_activity
  WHERE backend_type = 'autovacuum worker' AND query LIKE '%worn (to prevent wraparound)'"""


def test_a_vacuum_against_wraparound_is_left(drill: Any, own: Any, own_crowd: Crowd) -> None:
    """PG10."""
    with own.connect() as connection:
        connection.execute(b"ALTER SYSTEM SET autovacuum_naptime = 1")
        connection.execute(b"SELECT pg_reload_conf()")
    # The table is new, and nobody has analyzed it: that is another fault.
    case = case_of(drill, own).given(stale_rows=1000000000)
    case.healthy()
    with own.connect() as connection:
        connection.execute(b"CREATE TABLE spent (n int)")
        connection.execute(AGE.encode())
        connection.execute(SPEND.encode())
    try:
        wait_until(lambda: own.query(WRAPAROUND) == [(1,)], "no vacuum against wraparound", 60)
        waiters = kept_waiting(own_crowd, 2, "BEGIN; LOCK TABLE worn IN ACCESS EXCLUSIVE MODE")
        worker = own.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
        )

        done = case.refused()
        assert done.finding(BLOCKING)["reason"] == "blocked_by_autovacuum_wraparound"
        assert "vacuum is never ended from here" in done.report["next_step"]
        assert set(waiters) <= own_crowd.alive()
        assert set(worker) & set(own.query("SELECT pid FROM pg_stat_activity"))
    finally:
        own_crowd.leave()
        with own.connect() as connection:
            connection.execute(b"ALTER SYSTEM SET autovacuum = off")
            connection.execute(b"SELECT pg_reload_conf()")
            connection.execute(b"SELECT pg_cancel_backend(pid) FROM pg_stat_progress_vacuum")
            connection.execute(b"DROP TABLE worn, spent")
