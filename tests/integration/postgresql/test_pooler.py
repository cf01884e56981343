# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PgBouncer: its own console, and the server seen through it, a connection for each transaction."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, sql
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

lab = sys.modules["oncall_lab_postgres"]
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")
AT_ONCE: dict[str, Any] = {"idle_seconds": 0, "idle_in_transaction_seconds": 0}


class Pooler:
    def __init__(self, server: Any, folder: Path) -> None:
        self.server, self.folder, self.port = server, folder, lab._free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        users = "".join(
            f'"{role}" "{self.server.password_file(role).read_text().strip()}"\n'
            for role in ("app", "oncall")
        )
        (self.folder / "users.txt").write_text(users)
        configuration = self.folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n{lab.DATABASE} = host={lab.HOST} port={self.server.port}\n[pgbouncer]\n"
            f"listen_addr = {lab.HOST}\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {self.folder / 'users.txt'}\n"
            "stats_users = oncall\npool_mode = transaction\ndefault_pool_size = 1\n"
        )
        # It does not run as root, and nobody else than its user reads the passwords.
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        for path in (self.folder, *self.folder.iterdir()):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if user:
                os.chown(path, user.pw_uid, user.pw_gid)
        assert PGBOUNCER
        self.process = subprocess.Popen(
            [PGBOUNCER, str(configuration)],
            user=user and user.pw_uid,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex((lab.HOST, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("pgbouncer does not listen")

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(scope="module")
def running(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pooler]:
    # Of a folder of its own below /tmp, because its user may not enter pytest's.
    folder = tmp_path_factory.mktemp("pooler")
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    pooler = Pooler(server, folder)
    pooler.start()
    yield pooler
    pooler.stop()


@pytest.fixture
def pooler(running: Pooler, quiet: Any) -> Pooler:
    return running


def console(pooler: Pooler, via: str, **changes: Any) -> Way:
    way = Ways(pooler.server).normal(via, name="pooler", port=pooler.port, database="pgbouncer")
    return replace(way, **changes)


def through(pooler: Pooler, via: str) -> Way:
    return Ways(pooler.server).normal(via, port=pooler.port)


def client_of(pooler: Pooler) -> psycopg.Connection[Any]:
    arguments = pooler.server.dsn("app") | {"port": pooler.port}
    return psycopg.connect(**arguments, autocommit=True, prepare_threshold=None)


def test_pools(pooler: Pooler, via: str) -> None:
    holder, waiter = client_of(pooler), client_of(pooler)
    holder.execute("BEGIN")
    asking = threading.Thread(target=lambda: waiter.execute("SELECT 1"))
    asking.start()
    try:
        pool: dict[str, Any] = {}
        end = time.monotonic() + 5
        while not pool.get("cl_waiting") and time.monotonic() < end:
            found = client.pools(console(pooler, via), execute)["pools"]
            pool = next(p for p in found if p["user"] == "app")
        assert pool["database"] == "shop" and pool["pool_mode"] == "transaction"
        assert (pool["cl_waiting"], pool["cl_active"], pool["sv_idle"]) == (1, 1, 0)
        assert isinstance(pool["maxwait"], int) and isinstance(pool["maxwait_us"], int)
    finally:
        holder.execute("ROLLBACK")
        asking.join()
        holder.close()
        waiter.close()


def test_both_transports_show_the_same_pools(pooler: Pooler) -> None:
    with client_of(pooler) as one:
        one.execute("SELECT 1")
        tcp, exec_ = (
            client.pools(console(pooler, via), execute)["pools"] for via in ("tcp", "exec")
        )
    assert [sorted(pool) for pool in tcp] == [sorted(pool) for pool in exec_]
    assert [p for p in tcp if p["user"] == "app"] == [p for p in exec_ if p["user"] == "app"]


def test_who_may_not_see_the_pools(pooler: Pooler, via: str) -> None:
    wrong = console(pooler, via, password="canary-7f3a")
    found = refusal(lambda: client.pools(wrong, execute))
    assert found.reason == "auth_failed" and "canary" not in found.message
    password = pooler.server.password_file("app").read_text().strip()
    other = console(pooler, via, user="app", password=password)
    assert refusal(lambda: client.pools(other, execute)).reason == "auth_failed"


def test_the_server_seen_through_its_pooler(pooler: Pooler, via: str) -> None:
    """Nothing is left set on the server's connection, which somebody else gets next."""
    document = client.read(through(pooler, via), [*sql.SECTIONS], AT_ONCE, execute)
    assert document["server"]["me"]["user"] == "oncall"
    assert document["slots"]["application_slots"] == 17
    arguments = pooler.server.dsn("oncall") | {"port": pooler.port}
    with psycopg.connect(**arguments, autocommit=True, prepare_threshold=None) as next_one:
        for name, value in (("search_path", '"$user", public'), ("statement_timeout", "0")):
            assert next_one.execute(f"SHOW {name}".encode()).fetchall() == [(value,)]
        assert next_one.execute("SHOW transaction_read_only").fetchall() == [("off",)]


def test_sessions_are_ended_through_the_pooler(pooler: Pooler, via: str) -> None:
    way = through(pooler, via)
    with pooler.server.connect("app", application_name="direct") as direct:
        listed = client.read(way, ["sessions"], AT_ONCE, execute)["sessions"]["endable"]
        mine = [one for one in listed if one["application"] == "direct"]
        answer = client.end(way, {**AT_ONCE, "sessions": mine, "cap": 1}, execute)
        assert [one["pid"] for one in answer["ended"]] == [direct.info.backend_pid]


def test_a_temporary_table_of_the_client_before_is_not_read(pooler: Pooler, via: str) -> None:
    arguments = pooler.server.dsn("oncall") | {"port": pooler.port}
    with psycopg.connect(**arguments, autocommit=True, prepare_threshold=None) as before:
        before.execute("CREATE TEMPORARY TABLE pg_stat_activity AS SELECT 1 AS pid")
        try:
            found = client.read(through(pooler, via), ["slots"], {}, execute)
            assert found["slots"]["max_connections"] == 20
        finally:
            before.execute("DROP TABLE pg_temp.pg_stat_activity")


def test_a_database_that_the_pooler_does_not_know(pooler: Pooler, via: str) -> None:
    way = replace(through(pooler, via), database="no_such_database")
    assert refusal(lambda: client.read(way, ["server"], {}, execute)).reason == "database_missing"
