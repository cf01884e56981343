# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The snapshot: what it counts, what it shows, and that both transports show the same."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, sql, tcp
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql import script
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

ALL = tuple(sql.SECTIONS)
AT_ONCE = {"idle_seconds": 0, "idle_in_transaction_seconds": 0}
# What differs between two readings of the same state.
VOLATILE = re.compile(
    r'"(now|pid|backend_start|oldest_state_s|state_s|xact_s|wait_s|age_s|xid_age'
    r'|oldest_snapshot_xid_age|calls|total_ms|mean_ms|rows|lsn|position)": ("[^"]*"|[0-9.]+|null)'
)


def read(way: Any, *wanted: str, **params: Any) -> dict[str, Any]:
    return client.read(way, wanted or ALL, {**AT_ONCE, **params}, execute)


def steady(document: dict[str, Any]) -> str:
    return VOLATILE.sub(r'"\1": "*"', json.dumps(document, sort_keys=True))


def test_both_transports_show_the_same(ways: Ways, sessions: Any) -> None:
    sessions.open()
    sessions.open("BEGIN", "SELECT 'canary-7f3a'")
    sessions.open("SELECT pg_advisory_lock(1)", application="{{ 7*7 }} é")
    over_tcp, over_exec = read(ways.normal("tcp")), read(ways.normal("exec"))
    assert steady(over_tcp) == steady(over_exec)
    assert over_tcp["sessions"]["endable"] != []
    assert [s["pid"] for s in over_tcp["sessions"]["endable"]] == [
        s["pid"] for s in over_exec["sessions"]["endable"]
    ]
    assert [s["backend_start"] for s in over_tcp["sessions"]["endable"]] == [
        s["backend_start"] for s in over_exec["sessions"]["endable"]
    ]
    assert "canary" not in json.dumps(over_tcp)


def test_the_raw_answer_holds_no_literal(ways: Ways, sessions: Any) -> None:
    sessions.open("BEGIN", "SELECT 'canary-7f3a'")
    seen: list[str] = []

    def listening(command: str, stdin: str) -> tuple[int, str, str]:
        rc, stdout, stderr = execute(command, stdin)
        seen.append(command + stdout + stderr)
        return rc, stdout, stderr

    document = client.read(ways.normal("exec"), ["sessions"], AT_ONCE, listening)
    assert document["sessions"]["endable"][0]["query"] == "SELECT ?"
    assert seen and "canary" not in seen[0]


def test_the_server(ways: Ways, via: str) -> None:
    document = read(ways.normal(via), "server", "settings")
    server = document["server"]
    assert server["version_num"] // 10000 == int(ways.server.version)
    assert server["in_recovery"] is False
    assert server["data_directory"] == str(ways.server.data_dir)
    assert server["me"] == {
        "user": "oncall",
        "superuser": False,
        "can_see_all": True,
        "can_signal": True,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", server["started_at"])
    setting = document["settings"]["max_connections"]
    assert (setting["setting"], setting["source"]) == ("20", "configuration file")
    assert setting["sourcefile"] == str(ways.server.config_dir / "postgresql.conf")
    # The server's, not the one that this reading has set for itself.
    assert document["settings"]["statement_timeout"]["setting"] == "0"


def test_slots_are_those_of_clients(ways: Ways, sessions: Any) -> None:
    before = read(ways.normal(), "slots")["slots"]
    assert before["max_connections"] == 20 and before["superuser_reserved"] == 3
    assert before["application_slots"] == 17 and before["reserved"] == 0
    # Neither the reading itself nor any of the server's own processes.
    assert before["used"] == 0 and before["hidden"] == 0 and before["used_by_superusers"] == 0
    sessions.open()
    sessions.open(role="postgres")
    after = read(ways.normal(), "slots")["slots"]
    assert after["used"] == 2 and after["used_by_superusers"] == 1


def test_sessions_by_class_and_age(ways: Ways, sessions: Any) -> None:
    for _unused in range(3):
        sessions.open()
    sessions.open("BEGIN")
    failed = sessions.open("BEGIN")
    with pytest.raises(Exception, match="division by zero"):
        failed.execute("SELECT 1/0")
    busy = sessions.open()
    busy.pgconn.send_query(b"SELECT pg_sleep(30)")
    busy.pgconn.flush()
    found = read(ways.normal(), "sessions")["sessions"]
    assert found["classes"] == {"active": 1, "idle_in_transaction": 2, "idle": 3, "other": 0}
    assert found["aged"] == {"idle_in_transaction": 2, "idle": 3}
    assert found["settled_idle"] == 3 and found["endable_total"] == 5
    assert sum(found["protected"].values()) == 0
    states = [session["state"] for session in found["endable"]]
    assert states == ["idle in transaction", "idle in transaction (aborted)", *["idle"] * 3]
    ages = [session["state_s"] for session in found["endable"]]
    assert ages[0] >= ages[1] and ages[2] >= ages[3] >= ages[4]
    assert [active["query"] for active in found["oldest_active"]] == ["SELECT pg_sleep(?)"]
    top = found["groups"][0]
    assert top["count"] == 3 and top["role"] == "app" and top["client"] == "127.0.0.1"
    old = read(ways.normal(), "sessions", idle_seconds=300, idle_in_transaction_seconds=60)
    assert old["sessions"]["endable"] == [] and old["sessions"]["settled_idle"] == 0
    assert old["sessions"]["aged"] == {"idle_in_transaction": 0, "idle": 0}
    # Younger than a pause between two statements.
    assert old["sessions"]["young"] == {"idle_in_transaction": 0, "idle": 0}
    busy.pgconn.get_cancel().cancel()


HOSTILE_DATABASE = 'a"; DROP TABLE x;--'
HOSTILE_ROLE = "Zoë O'Hara \\ {{ 7*7 }}"


def test_hostile_names_are_data(ways: Ways, sessions: Any, via: str) -> None:
    """PG33: a database, a role and an application that would like to be a program."""
    quoted = HOSTILE_DATABASE.replace('"', '""')
    with ways.server.connect() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{quoted}"'.encode())
        connection.execute(f'CREATE DATABASE "{quoted}"'.encode())
        connection.execute(b"CREATE TABLE IF NOT EXISTS x ()")
    sessions.role(HOSTILE_ROLE)
    application = "{{ 7*7 }}\n| a | <b> \x1b[31m ' \" \\ é"
    sessions.open(role=HOSTILE_ROLE, application=application, database=HOSTILE_DATABASE)
    try:
        way = ways.normal(via, database=HOSTILE_DATABASE)
        params = {"app_roles": [HOSTILE_ROLE, "'); DROP TABLE x;--"], "protected_roles": ["\\"]}
        document = read(way, **params)
        [session] = document["sessions"]["endable"]
        assert session["database"] == HOSTILE_DATABASE and session["role"] == HOSTILE_ROLE
        assert session["application"].startswith("{{ 7*7 }}")
        assert "\n" not in session["application"] and "\x1b" not in session["application"]
        assert document["server"]["database"] == HOSTILE_DATABASE
        asked = {**AT_ONCE, **params, "sessions": document["sessions"]["endable"], "cap": 1}
        ended = client.end(way, asked, execute)["ended"]
        assert [one["role"] for one in ended] == [HOSTILE_ROLE]
        assert ways.server.query("SELECT count(*) FROM x") == [(0,)]
    finally:
        sessions.close()
        with ways.server.connect() as connection:
            connection.execute(f'DROP DATABASE "{quoted}" WITH (FORCE)'.encode())
            connection.execute(b"DROP TABLE x")


def test_a_role_that_may_see_nothing(ways: Ways, sessions: Any, via: str) -> None:
    """Every section answers; what cannot be seen is counted as hidden, never as endable."""
    sessions.open(), sessions.open("BEGIN")
    sessions.role("stranger")
    way = ways.normal(via, "app", user="stranger")
    document = read(way)
    assert document["server"]["me"]["can_see_all"] is False
    assert document["server"]["data_directory"] is None
    assert document["slots"]["hidden"] == 2 and document["slots"]["used"] == 0
    assert document["sessions"]["endable"] == []
    assert document["statements"]["available"] is False


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "UTF8"])
def test_databases_in_other_encodings(ways: Ways, sessions: Any, encoding: str, via: str) -> None:
    """Bytes that are no text here must not fail the reading, and what is not read is not ended."""
    with ways.server.connect() as connection:
        connection.execute(
            f"CREATE DATABASE odd ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'".encode()
        )
    try:
        odd = sessions.open(database="odd")
        odd.execute("SET client_encoding TO 'LATIN1'" if encoding == "LATIN1" else "SELECT 1")
        odd.pgconn.exec_(b"SELECT '" + b"\xe9" * 300 + b"'")
        sessions.open("SELECT 'é☃'")
        for database in ("shop", "odd"):
            document = read(ways.normal(via, database=database), "sessions", "statements")
            found = document["sessions"]
            assert found["classes"]["idle"] == 2
            pids = [session["pid"] for session in found["endable"]]
            readable = encoding == "UTF8" or database == "odd"
            here = odd.info.backend_pid if database == "odd" else None
            if readable and here:
                assert here in pids
            assert found["protected"]["listening"] == 2 - len(pids)
    finally:
        sessions.close()
        with ways.server.connect() as connection:
            connection.execute(b"DROP DATABASE odd WITH (FORCE)")


def test_a_role_with_old_string_rules(ways: Ways, sessions: Any, via: str) -> None:
    sessions.role("oldish", "IN ROLE pg_monitor")
    with ways.server.connect() as connection:
        connection.execute(b"ALTER ROLE oldish SET standard_conforming_strings = off")
        connection.execute(b"ALTER ROLE oldish SET search_path = public, pg_catalog")
        connection.execute(b"ALTER ROLE oldish SET bytea_output = 'escape'")
        connection.execute(b"ALTER ROLE oldish SET DateStyle = 'German'")
        connection.execute(b"ALTER ROLE oldish SET TimeZone = 'Asia/Kathmandu'")
    sessions.open("LISTEN jobs")
    sessions.open("BEGIN")
    found = read(ways.normal(via, "app", user="oldish"), "sessions", protected_roles=["o'\\x"])
    assert found["sessions"]["protected"]["listening"] == 1
    assert len(found["sessions"]["endable"]) == 1
    plain = read(ways.normal(via), "sessions", protected_roles=["o'\\x"])
    same = ("pid", "backend_start", "query")
    assert [[s[k] for k in same] for s in found["sessions"]["endable"]] == [
        [s[k] for k in same] for s in plain["sessions"]["endable"]
    ]


def test_functions_of_others_are_not_called(ways: Ways) -> None:
    """A schema in which anybody may create things is not searched."""
    with ways.server.connect() as connection:
        connection.execute(
            b"CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE plpgsql AS "
            b"$$BEGIN RAISE 'trapped'; END$$; CREATE VIEW public.pg_locks AS SELECT 1 AS pid;"
            b"ALTER ROLE oncall SET search_path = public, pg_catalog"
        )
    try:
        assert read(ways.normal())["sessions"]["classes"]["active"] == 0
    finally:
        with ways.server.connect() as connection:
            connection.execute(
                b"DROP FUNCTION public.lower(text); DROP VIEW public.pg_locks;"
                b"ALTER ROLE oncall RESET search_path"
            )


def test_a_statement_is_bounded(ways: Ways, via: str) -> None:
    text = script.transaction("SELECT pg_sleep(20)", timeout_ms=300)
    found = refusal(lambda: client._ask(ways.normal(via), text, execute), within_s=3)
    assert found.reason == "statement_timeout"


def test_a_statement_that_ignores_its_time_is_bounded(ways: Ways) -> None:
    text = script.transaction("SELECT pg_sleep(4)", timeout_ms=20_000)
    way = ways.normal()
    found = refusal(lambda: tcp.run(way, text, statement_timeout_ms=-1000), within_s=3)
    assert found.reason == "timeout"


def test_an_error_of_ours_is_no_refusal_by_the_server(ways: Ways, via: str) -> None:
    found = refusal(lambda: client._ask(ways.normal(via), "SELECT nonsense", execute))
    assert found.reason == "unknown" and "nonsense" in found.message
