# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""db_connection_exhausted where PostgreSQL is a unit, is asked by psql as the operating system's
users, and is restarted by systemd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import ended, spoken
from ansible_collections.oncall.runbooks.tests.integration.platforms import database, outage
from ansible_collections.oncall.runbooks.tests.integration.platforms.database import (
    CONF,
    DATA,
    UNIT,
    elsewhere,
)
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import (
    Machine,
    until,
)

pytestmark = pytest.mark.slow
RAISE = {"approve": "raise_max_connections"}
# Its start fails with a value that is higher than 20, as for want of memory.
FAILING = f"""[Service]
ExecStartPre=/bin/sh -c '! grep -qE "^max_connections = .(2[1-9]|[3-9])" {DATA}/postgresql.auto.conf'
"""


@pytest.fixture(scope="module")
def started(host: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return database.on(Machine(host.name, tmp_path_factory.mktemp("machine")))


@pytest.fixture
def db(started: Any, tmp_path: Path) -> Iterator[Any]:
    """As it was again after each test."""
    found = elsewhere(started, tmp_path)
    yield found
    found.leave()
    found.machine.sh(
        f"rm -f {CONF}/x.conf; rm -rf /etc/systemd/system/{UNIT}.d; systemctl daemon-reload"
    )
    found.query("ALTER SYSTEM RESET ALL")
    found.machine.sh(f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}")


def test_sessions_are_ended_by_the_break_glass_way(db: Any) -> None:
    db.healthy()
    db.crowd()
    assert db.unchanged("--check").outcome == "planned"
    done = db.run()
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert len(ended(done)) == 4
    db.healthy()


def test_a_server_that_was_killed_is_started(db: Any) -> None:
    def state() -> tuple[str, ...]:
        units = db.machine.show(UNIT, "MainPID,ActiveState,ActiveEnterTimestampMonotonic")
        return units, db.machine.sh(f"cat {DATA}/postgresql.auto.conf {CONF}/*")

    def kill() -> None:
        db.machine.sh(f"systemctl kill --signal=KILL {UNIT}")
        until(lambda: db.machine.show(UNIT, "ActiveState") == "failed", "the server is gone")

    case = replace(db, variables=outage.QUICK)
    run = partial(case.run, playbook="db_outage")
    outage.proven_outage(run, state, kill, "not_running", "start_service")


def test_raised_and_reverted(db: Any) -> None:
    db.healthy(**RAISE)
    db.crowd("active")
    before = db.snapshot()
    assert db.unchanged().outcome == "needs_approval"
    assert db.unchanged("--check", **RAISE).outcome == "planned"

    done = db.run(**RAISE)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert db.query("SHOW max_connections") == "30"
    db.healthy(**RAISE)
    reverted = db.run(playbook="revert", incident=done.report["incident"], **RAISE)
    assert (reverted.outcome, reverted.rc) == ("done", 0), reverted.stdout + reverted.stderr
    after = db.snapshot()
    assert [after[part] for part in ("files", "settings")] == [
        before[part] for part in ("files", "settings")
    ]


def test_no_restart_into_a_broken_file(db: Any) -> None:
    """PG06."""
    db.crowd("active")
    db.machine.sh(f"echo 'wal_buffers = banana' >{CONF}/x.conf")
    for options in (("--check",), (), ()):
        done = db.unchanged(*options, **RAISE)
        assert done.outcome == "refused" and done.rc != 0
    why = done.planned("raise_max_connections")["why"]
    assert "x.conf line 1" in why and "would not start again" in why


def test_a_restart_that_fails_goes_back(db: Any) -> None:
    """PG07."""
    folder = f"/etc/systemd/system/{UNIT}.d"
    db.machine.sh(
        f"mkdir -p {folder}; cat >{folder}/x.conf <<'END'\n{FAILING}END\nsystemctl daemon-reload"
    )
    before = db.snapshot()
    db.crowd("active")
    done = db.run(**RAISE)
    assert done.outcome == "unrecovered" and done.rc != 0, done.stdout + done.stderr
    assert db.machine.show(UNIT, "ActiveState") == "active", done.stdout + done.stderr
    assert db.query("SHOW max_connections") == "20"
    assert db.machine.show(UNIT, "ActiveState") == "active"
    after = db.snapshot()
    assert [after[part] for part in ("files", "settings")] == [
        before[part] for part in ("files", "settings")
    ]
    (change,) = done.report["changes"]
    assert change["status"] == "failed"
    assert "did not start with max_connections = 30" in spoken(done)


def test_a_standby_that_the_catalog_does_not_name(db: Any) -> None:
    """PG05."""
    db.follow()
    db.crowd("active")
    for options in (("--check",), (), ()):
        done = db.unchanged(*options, **RAISE)
        assert done.outcome == "refused" and done.rc != 0
    assert "standby-9" in done.planned("raise_max_connections")["why"]
    replaying = "SELECT pg_get_wal_replay_pause_state()"
    assert db.query(replaying, port=5433) == "not paused"
    db.machine.sh("systemctl stop postgresql@15-standby && pg_dropcluster 15 standby")
