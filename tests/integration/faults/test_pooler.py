# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PgBouncer in front: what its own console says, and the playbook through it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import pooler
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import ended

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not pooler.PROGRAM, reason="needs Debian's package pgbouncer"),
]
lab = sys.modules["oncall_lab_postgres"]


@pytest.fixture
def port(quiet: Any, tmp_path: Path) -> Iterator[int]:
    folder = tmp_path / "pgbouncer"
    folder.mkdir()
    with pooler.before(quiet, folder) as found:
        yield found


def test_clients_that_wait_are_seen(drill: Any, quiet: Any, port: int) -> None:
    case = drill(pooler={"host": lab.HOST, "port": port})
    assert case.healthy().finding("postgresql_pooler")["reason"] == "ok"
    with contextlib.ExitStack() as open_ones:
        clients = [open_ones.enter_context(pooler.client(quiet, port)) for _unused in range(4)]
        for busy in clients[:2]:
            busy.execute("BEGIN")
        for waiting in clients[2:]:
            waiting.pgconn.send_query(b"SELECT 1")
            waiting.pgconn.flush()
        time.sleep(1.2)
        for options in (("--check",), (), ()):
            done = case.unchanged(*options)
            found = done.finding("postgresql_pooler")
            assert (found["severity"], found["reason"]) == ("warn", "clients_waiting")
            assert found["summary"].startswith("2 clients wait at the pooler")
            assert (done.outcome, done.rc) == ("attention", 0)
        for busy in clients[:2]:
            busy.execute("ROLLBACK")
        for waiting in clients[2:]:
            while waiting.pgconn.get_result():
                pass


def test_a_pooler_that_is_not_there(drill: Any) -> None:
    """The database could be read, so it is not an error of its own; but it is not healthy either."""
    case = drill(pooler={"host": lab.HOST, "port": lab._free_port()})
    done = case.unchanged()
    found = done.finding("postgresql_pooler")
    assert (found["severity"], found["reason"]) == ("unknown", "pooler_unreadable")
    assert done.outcome == "attention"


def test_through_a_pooler(drill: Any, crowd: Any, port: int) -> None:
    """Each statement may get another connection of the pool: nothing is left on it."""
    case = drill(port=port, admin=False)
    case.healthy()
    # The pool's own connection, of the healthy run, is the 17th.
    opened = crowd.open(lab.FULL - 1)
    crowd.age()
    case.check()

    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    gone = ended(done)
    assert gone == opened[: len(gone)] and len(gone) in (3, 4)
    case.healthy()
    timeouts = "SHOW statement_timeout"
    with pooler.client(case.server, port, "oncall") as connection:
        assert connection.execute(timeouts).fetchone() == ("0",)
