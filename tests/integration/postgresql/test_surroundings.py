# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else the snapshot shows: who blocks whom, orphans, statements, standbys, and a crowd."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, sql
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import Ways, execute

lab = sys.modules["oncall_lab_postgres"]
AT_ONCE: dict[str, Any] = {"idle_seconds": 0, "idle_in_transaction_seconds": 0}


def read(server: Any, *wanted: str, via: str = "tcp") -> dict[str, Any]:
    return client.read(Ways(server).normal(via), wanted, AT_ONCE, execute)


def waiting(connection: psycopg.Connection[Any], statement: bytes) -> None:
    connection.pgconn.send_query(statement)
    connection.pgconn.flush()


def until(server: Any, condition: str) -> None:
    end = time.monotonic() + 10
    while not server.query(f"SELECT {condition}")[0][0] and time.monotonic() < end:
        time.sleep(0.05)


WAITERS = "(SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock')"
UPDATE = b"UPDATE orders SET customer = 'canary' WHERE id = 1"


def test_the_root_of_a_queue(roomy: Any, crowd: Any, via: str) -> None:
    """PG08: idle in transaction, with a lock that others wait for."""
    root = crowd.open("BEGIN", UPDATE.decode(), application="root")
    waiters = [crowd.open(application="waiter") for _unused in range(3)]
    for waiter in waiters:
        waiting(waiter, UPDATE)
    until(roomy, f"{WAITERS} = 3")
    blocking = read(roomy, "blocking", via=via)["blocking"]
    assert blocking["waiting"] == 3
    assert {edge["pid"] for edge in blocking["edges"]} == {w.info.backend_pid for w in waiters}
    assert root.info.backend_pid in [pid for e in blocking["edges"] for pid in e["blocked_by"]]
    assert all(edge["wait_s"] >= 0 and edge["mode"] for edge in blocking["edges"])
    assert all(edge["query"].endswith("WHERE id = ?") for edge in blocking["edges"])
    [top] = blocking["roots"]
    assert top["pid"] == root.info.backend_pid and top["state"] == "idle in transaction"
    assert top["application"] == "root" and top["blocks"] >= 1 and top["protected"] is None
    assert top["prepared_transaction"] is False and "canary" not in str(blocking)
    root.execute("ROLLBACK")


def test_a_blocked_definition_names_its_table(roomy: Any, crowd: Any) -> None:
    """PG09: somebody protected holds it."""
    dump = crowd.open("BEGIN", "SELECT count(*) FROM orders", application="pg_dump")
    ddl = crowd.open(role="postgres")
    waiting(ddl, b"ALTER TABLE orders ADD COLUMN extra int")
    until(roomy, f"{WAITERS} = 1")
    blocking = read(roomy, "blocking")["blocking"]
    [edge] = blocking["edges"]
    assert edge["blocked_by"] == [dump.info.backend_pid]
    assert edge["relation"] == "public.orders" and edge["mode"] == "AccessExclusiveLock"
    assert blocking["roots"][0]["protected"] == "protected_application"
    ddl.pgconn.get_cancel().cancel()


def test_an_orphaned_prepared_transaction(roomy: Any, crowd: Any, via: str) -> None:
    """PG11: it has no session, and may be what all wait for."""
    orphan = crowd.open("BEGIN", UPDATE.decode(), "PREPARE TRANSACTION 'gid {{ 7*7 }}'")
    waiter = crowd.open()
    waiting(waiter, UPDATE)
    until(roomy, f"{WAITERS} = 1")
    try:
        document = read(roomy, "blocking", "transactions", via=via)
        [prepared] = document["transactions"]["prepared"]
        assert prepared["gid"] == "gid {{ 7*7 }}" and prepared["owner"] == "app"
        assert prepared["age_s"] >= 0 and document["transactions"]["prepared_total"] == 1
        [root] = document["blocking"]["roots"]
        assert root["pid"] == 0 and root["prepared_transaction"] is True
    finally:
        waiter.pgconn.get_cancel().cancel()
        orphan.execute("ROLLBACK PREPARED 'gid {{ 7*7 }}'")
    wraparound = document["transactions"]["wraparound"]
    assert wraparound["xid_age"] >= 0 and wraparound["freeze_max_age"] == 200_000_000


def test_statements_where_the_extension_is(roomy: Any, crowd: Any, via: str) -> None:
    assert read(roomy, "statements")["statements"] == {"available": False, "why": "not_installed"}
    with roomy.connect() as connection:
        connection.execute(b'CREATE SCHEMA "odd one"')
        connection.execute(b'CREATE EXTENSION pg_stat_statements SCHEMA "odd one"')
    try:
        crowd.open("SELECT 'canary', pg_sleep(0.3)")
        closed = {"available": False, "why": "insufficient_privilege", "sqlstate": "42501"}
        assert read(roomy, "statements", via=via)["statements"] == closed
        with roomy.connect() as connection:
            connection.execute(b'GRANT USAGE ON SCHEMA "odd one" TO oncall')
        statements = read(roomy, "statements", via=via)["statements"]
        assert statements["available"] is True and len(statements["top"]) <= 10
        slowest = next(s for s in statements["top"] if "pg_sleep" in s["query"])
        assert slowest["role"] == "app" and slowest["database"] == "shop"
        assert slowest["calls"] >= 1 and slowest["total_ms"] >= slowest["mean_ms"] > 250
        assert "canary" not in str(statements)
    finally:
        with roomy.connect() as connection:
            connection.execute(b'DROP SCHEMA "odd one" CASCADE')


def test_statements_of_a_server_that_has_not_loaded_them(ways: Ways, via: str) -> None:
    with ways.server.connect() as connection:
        connection.execute(b"CREATE EXTENSION pg_stat_statements")
    try:
        found = read(ways.server, "statements", "server", via=via)
        assert found["statements"]["available"] is False
        assert found["statements"]["why"] == "not_loaded"
        assert found["server"]["in_recovery"] is False
    finally:
        with ways.server.connect() as connection:
            connection.execute(b"DROP EXTENSION pg_stat_statements")


def test_an_archiver_that_fails(roomy: Any) -> None:
    assert read(roomy, "transactions")["transactions"]["archiver"]["failing"] is False


def test_a_crowd_is_summed_up(roomy: Any, crowd: Any) -> None:
    for number in range(60):
        crowd.open(application=f"app-{number:02}")
    found = read(roomy, "server", "sessions", "slots")
    reserved = 2 if found["server"]["version_num"] >= 160000 else 0
    assert found["slots"]["reserved"] == reserved
    assert found["slots"]["application_slots"] == 150 - 3 - reserved
    assert found["slots"]["used"] == 60
    assert len(found["sessions"]["groups"]) == 50 and found["sessions"]["other_groups"] == 10
    assert len(found["sessions"]["endable"]) == found["sessions"]["endable_total"] == 60


@pytest.fixture(scope="module")
def standby(roomy: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server that follows `roomy`."""
    if roomy.engine != "embedded":
        pytest.skip("one engine's standby is enough")
    programs = lab._embedded_bin()
    folder = tmp_path_factory.mktemp("standby")
    folder.chmod(0o755)
    data, port = folder / "data", lab._free_port()
    sockets = lab._socket_dir(folder)
    for path in (data, sockets):
        lab._give_to_server(path)
    with roomy.connect() as connection:
        connection.execute(b"ALTER SYSTEM SET wal_level = 'replica'")
    hba = roomy.data_dir / "pg_hba.conf"
    hba.write_text(f"{hba.read_text()}local replication postgres trust\n")
    roomy.query("SELECT pg_reload_conf()")
    source = f"host={roomy.socket_dir} port={roomy.port} user=postgres application_name=replica-1"
    drop = lab._unprivileged()
    backup = [*drop, str(programs / "pg_basebackup"), "-D", str(data), "-d", source, "-R"]
    backup += ["-X", "stream", "-C", "-S", "replica_1", "--checkpoint=fast"]
    lab._run(backup, "pg_basebackup")
    with (data / "postgresql.auto.conf").open("a") as handle:
        handle.write(f"port = {port}\nunix_socket_directories = '{sockets}'\n")
    control = [*drop, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    lab._run([*control, "-l", str(data / "log"), "start"], "pg_ctl start")
    yield type(roomy)(roomy.directory, "embedded", roomy.version, port, sockets)
    subprocess.run([*control, "-m", "fast", "stop"], check=True, capture_output=True)
    shutil.rmtree(sockets, ignore_errors=True)
    roomy.query("SELECT pg_drop_replication_slot('replica_1')")


def test_a_primary_and_its_standby(roomy: Any, standby: Any, via: str) -> None:
    until(roomy, "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')")
    primary = read(roomy, "replication", "slots", "sessions", via=via)
    [follower] = primary["replication"]["standbys"]
    assert follower["application_name"] == "replica-1" and follower["state"] == "streaming"
    assert follower["replay_lag_bytes"] >= 0
    [slot] = primary["replication"]["slots"]
    assert slot["name"] == "replica_1" and slot["active"] is True
    assert slot["wal_status"] == "reserved" and slot["retained_bytes"] >= 0
    assert primary["replication"]["timeline"] == 1 and primary["replication"]["receiver"] is None
    # The sender takes none of the clients' slots.
    assert primary["slots"]["used"] == 0 and primary["sessions"]["groups"] == []

    follower_side = client.read(Ways(standby).normal(via), [*sql.SECTIONS], AT_ONCE, execute)
    assert follower_side["server"]["in_recovery"] is True
    replication = follower_side["replication"]
    assert replication["receiver"]["status"] == "streaming"
    assert replication["replay"]["paused"] is False and replication["timeline"] == 1


def test_a_standby_that_does_not_replay(roomy: Any, standby: Any) -> None:
    """PG19."""
    until(roomy, "EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')")
    standby.query("SELECT pg_wal_replay_pause()")
    roomy.query("UPDATE orders SET cents = cents RETURNING 1")
    until(roomy, "(SELECT replay_lsn < pg_current_wal_lsn() FROM pg_stat_replication)")
    try:
        [follower] = read(roomy, "replication")["replication"]["standbys"]
        assert follower["replay_lag_bytes"] > 0
        replay = read(standby, "replication")["replication"]["replay"]
        assert replay["paused"] is True
    finally:
        standby.query("SELECT pg_wal_replay_resume()")


def test_a_session_of_a_standby_is_ended(roomy: Any, standby: Any) -> None:
    """All of it is possible where nothing can be written."""
    held = psycopg.connect(**standby.dsn("app"), autocommit=True)
    way = Ways(standby).normal()
    listed = client.read(way, ["sessions"], AT_ONCE, execute)["sessions"]["endable"]
    answer = client.end(way, {**AT_ONCE, "sessions": listed, "cap": 1}, execute)
    assert [one["pid"] for one in answer["ended"]] == [held.info.backend_pid]
    held.close()


def test_a_file_is_where_the_setting_says(roomy: Any) -> None:
    found = client.setting(Ways(roomy).admin(), "max_connections", execute)
    assert found["in_file"] == "150" and Path(found["file"]).is_file()
    assert found["sourcefile"] == found["file"]
