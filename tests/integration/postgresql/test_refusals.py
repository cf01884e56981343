# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a server does not serve us, told apart, and in bounded time."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

lab = sys.modules["oncall_lab_postgres"]


def ask(way: Way) -> Any:
    return client.read(way, ["server"], {}, execute)


def test_locked_out_of_a_full_server(ways: Ways, via: str) -> None:
    """PG03: pg_monitor and pg_signal_backend do not open the slots kept for superusers."""
    lab.exhaust(ways.server)
    found = refusal(lambda: ask(ways.normal(via)))
    assert found.reason == "slots_reserved"
    assert found.message.startswith("remaining connection slots are reserved for")
    assert ask(ways.admin(via))["server"]["me"]["superuser"] is True


def test_a_role_that_has_used_up_its_own_slots(ways: Ways, sessions: Any, via: str) -> None:
    sessions.role("limited", "CONNECTION LIMIT 1")
    sessions.open(role="limited")
    found = refusal(lambda: ask(ways.normal(via, "app", user="limited")))
    # The server may have every other slot free: it is not full.
    assert found.reason == "server_refused"
    assert 'too many connections for role "limited"' in found.message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": "canary-7f3a"}, "auth_failed"),
        ({"password": None}, "auth_failed"),
        ({"user": "nobody-knows"}, "auth_failed"),
        ({"user": "pg_monitor"}, "auth_failed"),
        ({"database": "no such; DROP"}, "database_missing"),
        ({"sslmode": "require"}, "tls_failed"),
        ({"sslmode": "verify-full", "sslrootcert": "/nowhere.pem"}, "tls_failed"),
        ({"host": "no-such-host.invalid"}, "dns_failure"),
        ({"host": "/nowhere"}, "refused"),
    ],
)
def test_told_apart(ways: Ways, via: str, changes: dict[str, Any], reason: str) -> None:
    found = refusal(lambda: ask(ways.normal(via, **changes)), within_s=15)
    assert found.reason == reason
    assert "canary" not in found.message and found.message.isprintable()


def test_the_own_environment_leads_nowhere_else(
    ways: Ways, via: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGSERVICE": "no-such-service",
        "PGHOST": "192.0.2.1",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGDATABASE": "elsewhere",
        "PGUSER": "somebody",
        "PGPASSWORD": "wrong",
        "PGOPTIONS": "-c no_such_setting=1",
        "PGTARGETSESSIONATTRS": "read-only",
        "PGSSLMODE": "verify-full",
        "PGAPPNAME": "other",
        "PGCLIENTENCODING": "LATIN1",
    }.items():
        monkeypatch.setenv(name, value)
    assert ask(ways.normal(via))["server"]["me"]["user"] == "oncall"
    assert os.environ["PGSERVICE"] == "no-such-service"


@contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """Accepts, and says this or nothing, then hangs up or stays."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    client_socket, _unused = server.accept()
                except OSError:
                    return
                held.append(client_socket)
                if answer is not None:
                    client_socket.recv(64)
                    client_socket.sendall(answer)
                    client_socket.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        for client_socket in held:
            client_socket.close()
        thread.join(5)


@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
def test_a_port_that_never_answers(
    ways: Ways, via: str, sslmode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_TIMEOUT_S", 2)
    with listener(None) as port:
        found = refusal(lambda: ask(ways.normal(via, port=port, sslmode=sslmode)), within_s=6)
    assert found.reason == "timeout"


def test_a_port_that_hangs_up(ways: Ways, via: str) -> None:
    with listener(b"") as port:
        assert refusal(lambda: ask(ways.normal(via, port=port))).reason == "reset"


def test_a_port_of_something_else(ways: Ways, via: str) -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        found = refusal(lambda: ask(ways.normal(via, port=port)))
    assert found.reason in ("unknown", "reset", "server_refused")


def test_a_port_where_nothing_listens(ways: Ways, via: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    found = refusal(lambda: ask(ways.normal(via, port=port)))
    assert found.reason == "refused" and str(port) in found.message


def test_a_server_that_hangs(ways: Ways, via: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PG14: a stopped postmaster still accepts, by way of the kernel."""
    monkeypatch.setattr(client, "CONNECT_TIMEOUT_S", 2)
    postmaster = int((ways.server.data_dir / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGSTOP)
    try:
        found = refusal(lambda: ask(ways.normal(via)), within_s=6)
    finally:
        os.kill(postmaster, signal.SIGCONT)
    assert found.reason == "timeout" and found.message.isprintable()
    assert ask(ways.normal(via))


def test_a_server_that_is_stopped_and_one_that_starts(ways: Ways, via: str) -> None:
    """Refused while it is down; never anything worse while it comes up."""
    folder = ways.server.directory
    lab.stop(folder)
    try:
        assert refusal(lambda: ask(ways.normal(via))).reason == "refused"
    finally:
        lab.start(folder, engine=ways.server.engine)
    assert ask(ways.normal(via))
