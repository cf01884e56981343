# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who does not get in is told why, soon, and nothing is changed."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import doors, snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import (
    ended,
    never_called_down,
    spoken,
)

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
# A run that reads once, with what Ansible takes for itself on a busy machine.
BUDGET_S = 60


def in_vain(case: Any, access: str, connections: str, *, again: bool = True) -> Any:
    """Checked, real and again, each within the time that a person waits."""
    for options in (("--check",), (), ())[: 3 if again else 2]:
        started = time.monotonic()
        done = case.run(*options, approve="raise_max_connections")
        assert time.monotonic() - started < BUDGET_S
        assert done.finding("postgresql_access")["reason"] == access
        assert done.finding("postgresql_connections")["reason"] == connections
        assert done.outcome == "error" and done.rc != 0
        assert not done.report["changes"]
        never_called_down(done)
    return done


@pytest.fixture
def another_password(tmp_path: Path) -> Path:
    path = tmp_path / "another.password"
    path.touch(mode=0o600)
    path.write_text("not-the-one-3b1f\n")
    return path


def test_a_wrong_password(drill: Any, crowd: Any, another_password: Path) -> None:
    """PG31. Not even a full server is entered by break glass for that."""
    drill().healthy()
    crowd.open(lab.FULL - 1)
    crowd.age()
    case = drill(password_file=str(another_password))
    before = snapshot.take(case.server)
    done = in_vain(case, "auth_failed", "auth_failed")
    assert snapshot.differences(before, snapshot.take(case.server)) == {}
    assert "password authentication failed" in done.report["next_step"]
    assert another_password.read_text().strip() not in spoken(done)
    assert "break_glass" not in {event["kind"] for event in done.report["timeline"]}


@contextlib.contextmanager
def ajar(server: Any) -> Iterator[int]:
    with doors.hanging(server.port, b"statement_timeout") as port:
        yield port


DOORS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nobody listens": (lambda _: doors.closed(), "refused"),
    "never answers": (lambda _: doors.silent(), "timeout"),
    "frozen": (doors.frozen, "timeout"),
    "lets in and hangs": (ajar, "timeout"),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_answer_is_unreachable_in_time(drill: Any, door: str) -> None:
    """PG14 among them."""
    opened, reason = DOORS[door]
    sound = drill()
    sound.healthy()
    before = snapshot.take(sound.server)
    with opened(sound.server) as port:
        # Each of these runs waits until its time is up: one less.
        in_vain(drill(port=port), reason, "unreachable", again=reason != "timeout")
    assert snapshot.differences(before, snapshot.take(sound.server)) == {}


def test_a_name_that_nobody_knows(drill: Any) -> None:
    in_vain(drill(host="db.invalid"), "dns_failure", "unreachable")


def test_a_stopped_server_is_not_started(drill: Any) -> None:
    """What stopped it is not known here; `refused` says that nobody listens."""
    case = drill()
    case.healthy()
    before = snapshot.take(case.server)
    lab.STOP[case.server.engine](case.server)
    try:
        in_vain(case, "refused", "unreachable")
        assert not case.server.running()
    finally:
        lab.start(case.server.directory, engine=case.server.engine)
    after = snapshot.take(case.server)
    assert snapshot.differences(before, after, but=("server", "roles")) == {}


def test_a_database_that_is_missing(drill: Any) -> None:
    in_vain(drill(database="shp"), "database_missing", "not_read")


def test_a_role_that_sees_only_its_own(drill: Any, crowd: Any, role: Any) -> None:
    """Without pg_monitor, the others' sessions have no state: no data is not healthy."""
    case = drill(user=role("blind"), admin=False)
    crowd.open(15)
    crowd.age()
    done = case.refused(approve="raise_max_connections")
    found = done.finding("postgresql_connections")
    assert (found["severity"], found["reason"]) == ("unknown", "insufficient_privilege")
    assert "GRANT pg_monitor TO blind" in done.report["next_step"]


def test_a_limit_of_the_role_is_not_a_full_server(drill: Any, role: Any) -> None:
    """The same SQLSTATE, 53300, of a server where every slot is free."""
    case = drill(user=role("limited", "CONNECTION LIMIT 0"), admin=False)
    done = case.unchanged()
    assert "too many connections for role" in done.finding("postgresql_access")["summary"]
    found = done.finding("postgresql_connections")
    assert (found["severity"], found["value"]) == ("unknown", None)
    assert done.rc != 0


@pytest.mark.parametrize("admin", [True, False], ids=["by break glass", "no break glass"])
def test_a_role_that_may_not_signal(drill: Any, crowd: Any, role: Any, admin: bool) -> None:
    """Without pg_signal_backend: by the break-glass connection, which is recorded, or not at all."""
    case = drill(user=role("watcher", member_of=("pg_monitor",)), admin=admin)
    case.healthy()
    opened = crowd.open(15)
    crowd.age()
    if not admin:
        # Told before anything is announced, and by --check as well.
        assert "GRANT pg_signal_backend TO watcher" in case.refused().report["next_step"]
        return
    case.check()
    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    assert ended(done) == opened[:2]
    assert "break_glass" in {event["kind"] for event in done.report["timeline"]}
    case.healthy()
