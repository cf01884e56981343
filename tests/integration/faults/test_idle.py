# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application leaked its sessions: the oldest go, as many as it takes, and no others."""

from __future__ import annotations

import sys
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import (
    ended,
    never_called_down,
    spoken,
)

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
# 13 of 17 are 76 %, the first below the warning threshold of 80.
TOO_MANY = 4


@pytest.mark.parametrize(
    ("entry", "broke_glass"),
    [
        pytest.param({}, True, id="by break glass"),
        pytest.param({"admin": False, "user": "postgres"}, False, id="as superuser"),
    ],
)
def test_leaked_sessions_are_ended(
    drill: Any, crowd: Any, entry: dict[str, Any], broke_glass: bool
) -> None:
    case = drill(**entry)
    case.healthy()

    opened = crowd.open()
    crowd.age()
    checked = case.check()
    assert checked.finding("postgresql_connections")["reason"] == "idle_sessions"
    assert len(checked.planned("end_sessions")["parameters"]["sessions"]) == TOO_MANY
    said = " ".join(spoken(checked).split())
    assert "used, to end sessions" not in said
    assert ("used, to look; check mode does not end sessions" in said) == broke_glass

    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    assert ended(done) == opened[:TOO_MANY]
    assert crowd.alive() == set(opened[TOO_MANY:])
    assert done.report["verification"]["status"] == "verified"
    kinds = {event["kind"] for event in done.report["timeline"]}
    assert ("break_glass" in kinds) == broke_glass

    case.healthy()


def test_a_responder_who_is_locked_out_is_told_so(drill: Any, crowd: Any) -> None:
    """PG03. The last slots are kept for superusers: the server is full, not gone."""
    case = drill(admin=False)
    case.healthy()
    crowd.open()
    crowd.age()

    done = case.refused()
    assert done.finding("postgresql_access")["reason"] == "slots_reserved"
    assert done.finding("postgresql_connections")["reason"] == "slots_reserved"
    assert "runbooks_services.db.postgresql.admin" in done.report["next_step"]
    never_called_down(done)


def test_aged_transactions_go_first(drill: Any, crowd: Any) -> None:
    case = drill().given(idle_in_transaction_seconds=1)
    case.healthy()
    idle = crowd.open(11)
    in_transaction = crowd.open(3, "idle in transaction")
    crowd.open(3, "active")
    # One that failed holds its slot and its locks like the others.
    with pytest.raises(psycopg.errors.DivisionByZero):
        crowd.session(in_transaction[-1]).execute("SELECT 1 / 0")
    crowd.age()
    assert case.check().finding("postgresql_connections")["reason"] == "idle_sessions"

    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    # The transactions, though younger than all that is idle; then the oldest idle one.
    assert ended(done) == [*in_transaction, idle[0]]
    assert crowd.alive().isdisjoint(in_transaction)
    case.healthy()


def test_young_transactions_are_left(drill: Any, crowd: Any) -> None:
    """idle_in_transaction_seconds is a threshold of its own; idle_seconds does not reach them."""
    case = drill().given(idle_in_transaction_seconds=3600)
    case.healthy()
    crowd.open(state="idle in transaction")
    crowd.age(5.5)
    done = case.refused()
    assert done.finding("postgresql_connections")["reason"] == "idle_in_transaction"
    assert "-e idle_in_transaction_seconds=SECONDS" in done.report["next_step"]


def test_sessions_that_are_not_idle_for_long_are_left(drill: Any, crowd: Any) -> None:
    case = drill().given(idle_seconds=600)
    case.healthy()
    crowd.open()
    # Older than the few seconds in which idle is only a pause between two statements.
    crowd.age(5.5)

    done = case.refused()
    assert done.finding("postgresql_connections")["reason"] == "idle_sessions"
    assert "-e idle_seconds=SECONDS" in done.report["next_step"]


def test_the_cap_holds(drill: Any, crowd: Any) -> None:
    case = drill().given(max_terminate=2)
    case.healthy()
    opened = crowd.open()
    crowd.age()
    assert len(case.check("refused").planned("end_sessions")["parameters"]["sessions"]) == 2

    done = case.run()
    assert done.outcome == "unrecovered" and done.rc != 0
    assert ended(done) == opened[:2]
    assert "max_terminate=2 is the cap" in done.planned("end_sessions")["why"]

    # Each run may end as many; together they are enough, and then nothing is ended any more.
    assert ended(case.run()) == opened[2:4]
    assert crowd.alive() == set(opened[4:])
    case.healthy()


def test_slots_that_are_reserved_are_not_counted(drill: Any, own: Any, own_crowd: Any) -> None:
    """reserved_connections, since 16: an application has so many fewer."""
    if int(own.version) < 16:
        pytest.skip("reserved_connections is newer than this server")
    with own.connect() as connection:
        connection.execute(b"ALTER SYSTEM SET reserved_connections = 2")
    lab.restart(own.directory)
    case = drill(own)
    case.healthy()
    opened = own_crowd.open(lab.FULL - 2)
    own_crowd.age()
    found = case.check().finding("postgresql_connections")
    assert (found["value"], found["summary"].startswith("15 of 15")) == (100.0, True)
    assert ended(case.run()) == opened[:4]
    case.healthy()
