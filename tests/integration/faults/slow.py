# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions that stand in each other's way, and what a run of db_slow_queries did about them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import Drill

PLAYBOOK = "db_slow_queries"
QUICK = {
    "blocked_seconds": 1,
    "idle_in_transaction_seconds": 1,
    "long_query_seconds": 600,
    "grace_seconds": 1,
    "hold_seconds": 1,
    "timeout_seconds": 5,
}
UPDATE = "UPDATE orders SET cents = cents WHERE id = 1"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def case_of(drill: Callable[..., Drill], *arguments: Any, **entry: Any) -> Drill:
    return replace(drill(*arguments, **entry), variables=QUICK, playbook=PLAYBOOK)


def send(session: Any, statement: str) -> None:
    """Its answer is not waited for."""
    session.pgconn.send_query(statement.encode())
    session.pgconn.flush()


def wait_until(met: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def kept_waiting(crowd: Any, number: int, statement: str = UPDATE) -> list[int]:
    """Victims: sessions that wait for a lock, for longer than blocked_seconds."""
    before = crowd.server.query(WAITING)[0][0]
    pids: list[int] = crowd.open(number)
    for pid in pids:
        send(crowd.session(pid), statement)
    wait_until(
        lambda: crowd.server.query(WAITING)[0][0] == before + number, "nobody waits for a lock"
    )
    time.sleep(1.2)
    return pids


def went_on(crowd: Any, pids: list[int]) -> None:
    """Each got its answer, and no error."""
    for pid in pids:
        connection = crowd.session(pid).pgconn
        while (result := connection.get_result()) is not None:
            assert not result.error_message, result.error_message


def resolved(case: Drill, before: Any, *gone: int) -> Any:
    """The real run: recovered, and nothing but those sessions is another than before."""
    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    changed = snapshot.differences(before, snapshot.take(case.server))
    assert set(changed) == {f"sessions.{pid}" for pid in gone}, changed
    return done


def stopped(done: Any) -> dict[str, list[int]]:
    (change,) = done.report["changes"]
    return {name: [s["pid"] for s in change["after"][name]] for name in ("cancelled", "ended")}
