# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions end only if they still are what they were, nobody protects them, and the cap holds."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

import psycopg
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, sql
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

START = """to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
OWN_START = f"SELECT {START} FROM pg_stat_activity WHERE pid = pg_backend_pid()".encode()
AT_ONCE: dict[str, Any] = {"idle_seconds": 0, "idle_in_transaction_seconds": 0}


def listed(way: Any, **params: Any) -> list[dict[str, Any]]:
    document = client.read(way, ["sessions"], {**AT_ONCE, **params}, execute)
    found: list[dict[str, Any]] = document["sessions"]["endable"]
    return found


def end(way: Any, sessions: Any, cap: int = 20, **params: Any) -> dict[str, Any]:
    asked = [{key: s[key] for key in ("pid", "backend_start")} for s in sessions]
    return client.end(way, {**AT_ONCE, "sessions": asked, "cap": cap, **params}, execute)


def pid(connection: psycopg.Connection[Any]) -> int:
    return connection.info.backend_pid


def alive(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def skipped(answer: dict[str, Any]) -> dict[int, str]:
    return {one["pid"]: one["reason"] for one in answer["skipped"]}


def test_listed_sessions_end(ways: Ways, sessions: Any, via: str) -> None:
    idle, open_, busy = sessions.open(), sessions.open("BEGIN"), sessions.open()
    busy.pgconn.send_query(b"SELECT pg_sleep(2)")
    busy.pgconn.flush()
    way = ways.normal(via)
    found = listed(way)
    assert [s["pid"] for s in found] == [pid(open_), pid(idle)]
    answer = end(way, found)
    assert [(s["pid"], s["state"]) for s in answer["ended"]] == [
        (pid(open_), "idle in transaction"),
        (pid(idle), "idle"),
    ]
    assert answer["skipped"] == [] and answer["error"] is None and answer["dry_run"] is False
    assert set(answer["ended"][0]) == {
        *("pid", "role", "application", "client", "database", "state", "idle_s")
    }
    assert not alive(idle) and not alive(open_)
    busy.pgconn.get_cancel().cancel()


def test_a_dry_run_ends_nothing(ways: Ways, sessions: Any, via: str) -> None:
    held = [sessions.open() for _unused in range(3)]
    way = ways.normal(via)
    found = listed(way)
    dry = end(way, found, cap=2, dry_run=True)
    assert len(dry["ended"]) == 2 and list(skipped(dry).values()) == ["over_cap"]
    assert dry["dry_run"] is True and all(alive(one) for one in held)
    held_again = listed(way)
    real = end(way, held_again, cap=2)
    assert [s["pid"] for s in real["ended"]] == [s["pid"] for s in held_again[:2]]


def test_the_cap_holds_in_the_statement(ways: Ways, sessions: Any) -> None:
    held = [sessions.open() for _unused in range(10)]
    found = listed(ways.normal())
    answer = end(ways.normal(), found, cap=3)
    assert [s["pid"] for s in answer["ended"]] == [s["pid"] for s in found[:3]]
    assert list(skipped(answer).values()) == ["over_cap"] * 7
    assert sum(alive(one) for one in held) == 7
    assert end(ways.normal(), listed(ways.normal()), cap=0)["ended"] == []


def test_asked_twice_is_once(ways: Ways, sessions: Any) -> None:
    sessions.open(), sessions.open()
    found = listed(ways.normal())
    answer = end(ways.normal(), [found[0], found[0], found[1]], cap=1)
    assert len(answer["ended"]) == 1 and len(answer["skipped"]) == 1


def test_a_session_that_has_gone_on_working_is_left_alone(ways: Ways, sessions: Any) -> None:
    """PG12: between the list and the end it begins a transaction, or works, or is young again."""
    params = {"idle_seconds": 1, "idle_in_transaction_seconds": 1}
    began, worked, at_work, stays = (sessions.open() for _unused in range(4))
    time.sleep(1.1)
    found = listed(ways.normal(), **params)
    assert len(found) == 4
    began.execute("BEGIN")
    worked.execute("SELECT 1")
    at_work.pgconn.send_query(b"SELECT pg_sleep(3)")
    at_work.pgconn.flush()
    time.sleep(0.1)
    answer = end(ways.normal(), found, **params)
    assert [s["pid"] for s in answer["ended"]] == [pid(stays)]
    assert skipped(answer) == {
        pid(one): "candidate_no_longer_matches" for one in (began, worked, at_work)
    }
    assert alive(began) and alive(worked)
    at_work.pgconn.get_cancel().cancel()


def test_a_session_that_is_gone_and_a_pid_that_is_another(ways: Ways, sessions: Any) -> None:
    left, stays = sessions.open(), sessions.open()
    found = listed(ways.normal())
    left.close()
    time.sleep(0.2)
    other = {"pid": pid(stays), "backend_start": "2020-01-01T00:00:00.000000Z"}
    answer = end(ways.normal(), [found[0], other, {**other, "pid": 1}])
    assert answer["ended"] == []
    assert skipped(answer) == {found[0]["pid"]: "gone", pid(stays): "gone", 1: "gone"}
    assert alive(stays)


def test_a_microsecond_makes_another_session(ways: Ways, sessions: Any) -> None:
    stays = sessions.open()
    [found] = listed(ways.normal())
    start = found["backend_start"]
    digit = "1" if start[-2] != "1" else "2"
    near = {"pid": found["pid"], "backend_start": f"{start[:-2]}{digit}Z"}
    assert skipped(end(ways.normal(), [near])) == {found["pid"]: "gone"}
    assert alive(stays)


GUARDS: dict[str, Any] = {
    "app_roles": ["app", "replicator", "billing"],
    "protected_roles": ["billing"],
    "protected_applications": ["Ledger"],
}
PROTECTED: dict[str, list[dict[str, Any]]] = {
    "superuser": [{"role": "postgres"}],
    "replication": [{"role": "replicator"}],
    "protected_role": [{"role": "billing"}],
    "protected_application": [
        {"application": name}
        for name in (
            "pg_dump",
            "PG_DUMPALL",
            "pgBackRest [backup]",
            "ledger-3",
            "Patroni heartbeat",
        )
    ],
    "not_app_role": [{"role": "reporting"}],
    "advisory_lock": [{"statement": "SELECT pg_advisory_lock_shared(7)"}],
    "listening": [{"statement": "/* orm */ LISTEN jobs"}],
}


def test_the_protected_are_neither_listed_nor_ended(ways: Ways, sessions: Any, via: str) -> None:
    sessions.role("replicator", "REPLICATION"), sessions.role("billing")
    sessions.role("reporting")
    safe: dict[int, str] = {}
    for why, many in PROTECTED.items():
        for how in many:
            statements = [how["statement"]] if "statement" in how else ["SELECT 1"]
            opening = {key: how[key] for key in how if key != "statement"}
            safe[pid(sessions.open(*statements, **opening))] = why
    target = sessions.open("SELECT 'unlisten'")
    way = ways.normal(via)
    document = client.read(way, ["sessions"], {**AT_ONCE, **GUARDS}, execute)["sessions"]
    assert [s["pid"] for s in document["endable"]] == [pid(target)]
    counted = {why: len(many) for why, many in PROTECTED.items()}
    assert document["protected"] == counted
    assert document["protected_idle"] == len(safe)

    # Somebody lists them all the same.
    everybody = ways.server.query(
        f"SELECT pid, {START} FROM pg_stat_activity WHERE backend_start IS NOT NULL"
    )
    asked = [{"pid": number, "backend_start": start} for number, start in everybody]
    answer = end(way, asked, cap=200, **GUARDS)
    assert [s["pid"] for s in answer["ended"]] == [pid(target)]
    told = {one["pid"]: one["protected"] for one in answer["skipped"] if one["pid"] in safe}
    assert told == safe
    background = [s for s in answer["skipped"] if s["protected"] == "background"]
    assert len(background) >= 4  # checkpointer, writers, launchers
    connections = [c for c in sessions.opened if pid(c) in safe]
    assert all(alive(connection) for connection in connections)


def test_without_the_privilege_nothing_ends(ways: Ways, sessions: Any, via: str) -> None:
    sessions.role("viewer", "IN ROLE pg_monitor")
    sessions.role("blind", "IN ROLE pg_signal_backend")
    held = [sessions.open(), sessions.open(role="viewer", application="own")]
    found = listed(ways.normal(via))
    for user in ("viewer", "blind"):
        way = ways.normal(via, "app", user=user)
        # The viewer might end its own session, but is asked for more: so it ends none.
        assert refusal(partial(end, way, found)).reason == "insufficient_privilege"
    assert all(alive(connection) for connection in held)
    own = [s for s in found if s["pid"] == pid(held[1])]
    assert len(end(ways.normal(via, "app", user="viewer"), own)["ended"]) == 1


def test_the_own_session_is_not_ended(ways: Ways) -> None:
    """Not even when it is listed; nothing else protects this one."""
    with ways.server.connect("oncall", application_name="other") as connection:
        [[start]] = connection.execute(OWN_START).fetchall()
        own = {"pid": pid(connection), "backend_start": start}
        cursor = connection.execute(
            sql.end_sessions({**AT_ONCE, "sessions": [own], "cap": 9}).encode()
        )
        while cursor.description is None and cursor.nextset():
            pass
        [[answer]] = cursor.fetchall()
    [only] = json.loads(answer)["skipped"]
    assert (only["reason"], only["protected"]) == ("protected", "self")


def test_nothing_asked_is_nothing_ended(ways: Ways, via: str) -> None:
    answer = end(ways.normal(via), [])
    assert answer["ended"] == [] and answer["skipped"] == [] and answer["error"] is None
