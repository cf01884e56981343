# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions keep others waiting: the root of the chain is acted on, and never who waits."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.slow import (
    UPDATE,
    case_of,
    kept_waiting,
    resolved,
    send,
    stopped,
    went_on,
)

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
BLOCKING = "postgresql_blocking"


def test_who_is_idle_in_a_transaction_is_ended(drill: Any, crowd: Any) -> None:
    """PG08."""
    case = case_of(drill)
    case.healthy()
    (root,) = crowd.open(1)
    crowd.session(root).execute("BEGIN")
    crowd.session(root).execute(UPDATE.encode())
    crowd.open(2, "idle in transaction")
    waiters = kept_waiting(crowd, 5)

    checked = case.check()
    assert checked.finding(BLOCKING)["reason"] == "blocking_idle_in_tx"
    assert f"pid {root} " in checked.finding(BLOCKING)["summary"]
    assert "5 sessions waiting" in checked.finding(BLOCKING)["summary"]
    (planned,) = checked.planned("stop_sessions")["parameters"]["sessions"]
    assert planned["pid"] == root

    done = resolved(case, snapshot.take(case.server), root)
    assert stopped(done) == {"cancelled": [], "ended": [root]}
    went_on(crowd, waiters)
    case.healthy()


def test_work_is_cancelled_and_its_session_lives(drill: Any, crowd: Any) -> None:
    case = case_of(drill)
    case.healthy()
    (root,) = crowd.open(1)
    send(crowd.session(root), f"WITH u AS ({UPDATE} RETURNING 1) SELECT pg_sleep(600) FROM u")
    waiters = kept_waiting(crowd, 2)
    assert case.check().finding(BLOCKING)["reason"] == "blocking_active"

    done = resolved(case, snapshot.take(case.server))
    assert stopped(done) == {"cancelled": [root], "ended": []}
    assert root in crowd.alive()
    went_on(crowd, waiters)
    case.healthy()


def test_what_a_cancel_does_not_free_is_ended_after_the_grace(drill: Any, crowd: Any) -> None:
    """A savepoint catches the cancel: the transaction, and its lock, go on."""
    case = case_of(drill)
    case.healthy()
    (root,) = crowd.open(1)
    crowd.session(root).execute("BEGIN")
    crowd.session(root).execute(UPDATE.encode())
    crowd.session(root).execute("SAVEPOINT s")
    send(crowd.session(root), "SELECT pg_sleep(600)")
    waiters = kept_waiting(crowd, 2)
    case.check()

    done = resolved(case, snapshot.take(case.server), root)
    assert stopped(done) == {"cancelled": [root], "ended": [root]}
    went_on(crowd, waiters)
    case.healthy()


def test_only_the_root_of_a_chain_is_acted_on(drill: Any, crowd: Any) -> None:
    """One that waits, and keeps others waiting meanwhile, is a victim, too."""
    case = case_of(drill)
    case.healthy()
    root, middle = crowd.open(2)
    for pid, number in ((root, 1), (middle, 2)):
        crowd.session(pid).execute("BEGIN")
        crowd.session(pid).execute(UPDATE.replace("= 1", f"= {number}").encode())
    send(crowd.session(middle), UPDATE)
    waiters = kept_waiting(crowd, 3, UPDATE.replace("= 1", "= 2"))
    checked = case.check()
    assert [s["pid"] for s in checked.planned("stop_sessions")["parameters"]["sessions"]] == [root]

    before = snapshot.take(case.server)
    done = case.run()
    assert stopped(done)["ended"] == [root]
    # With the first gone, the second has its lock, and keeps its own for as long as it likes.
    changed = snapshot.differences(before, snapshot.take(case.server))
    assert set(changed) == {f"sessions.{root}"}
    assert {middle, *waiters} <= crowd.alive()
    crowd.session(middle).pgconn.get_result()
    crowd.leave()
    case.healthy()


def test_young_waits_are_left(drill: Any, crowd: Any) -> None:
    case = case_of(drill).given(blocked_seconds=3600)
    (root,) = crowd.open(1)
    crowd.session(root).execute("BEGIN")
    crowd.session(root).execute(UPDATE.encode())
    kept_waiting(crowd, 2)
    case.healthy()


@pytest.mark.parametrize("protection", ["protected_role", "protected_application", "superuser"])
def test_a_protected_root_is_left(drill: Any, crowd: Any, role: Any, protection: str) -> None:
    """PG08, must not: the blocker is protected."""
    role("billing")
    with crowd.server.connect() as connection:
        connection.execute(b"GRANT UPDATE, SELECT ON orders TO billing")
    case = case_of(drill, protected_roles=["billing"], protected_applications=["ledger"])
    case.healthy()
    who = {
        "protected_role": {"role": "billing"},
        "protected_application": {"application": "ledger-3"},
        "superuser": {"role": "postgres"},
    }[protection]
    (root,) = crowd.open(1, **who)
    crowd.session(root).execute("BEGIN")
    crowd.session(root).execute(UPDATE.encode())
    waiters = kept_waiting(crowd, 3)
    done = case.refused()
    found = done.finding(BLOCKING)
    assert found["reason"] == "blocked_by_protected_session"
    assert f"protected: {protection.replace('_', ' ')}" in found["summary"]
    assert {root, *waiters} <= crowd.alive()
    crowd.leave()
    with crowd.server.connect() as connection:
        connection.execute(b"REVOKE ALL ON orders FROM billing")


def test_the_cap_holds(drill: Any, crowd: Any) -> None:
    case = case_of(drill).given(max_terminate=1)
    roots = crowd.open(2)
    for number, root in enumerate(roots, 1):
        crowd.session(root).execute("BEGIN")
        crowd.session(root).execute(UPDATE.replace("= 1", f"= {number}").encode())
        kept_waiting(crowd, 1, UPDATE.replace("= 1", f"= {number}"))
    done = case.run()
    assert done.outcome == "unrecovered" and done.rc != 0
    assert len(stopped(done)["ended"]) == 1
    assert len(set(roots) & crowd.alive()) == 1
    assert case.run().outcome == "recovered"
    case.healthy()


def test_who_may_not_signal_is_told(drill: Any, crowd: Any, role: Any) -> None:
    role("viewer", member_of=("pg_monitor",))
    case = case_of(drill, admin=False, user="viewer")
    case.healthy()
    (root,) = crowd.open(1)
    crowd.session(root).execute("BEGIN")
    crowd.session(root).execute(UPDATE.encode())
    kept_waiting(crowd, 1)
    assert "GRANT pg_signal_backend TO viewer" in case.refused().report["next_step"]
