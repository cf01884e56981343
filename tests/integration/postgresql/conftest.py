# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What talks to PostgreSQL, on real servers of both engines and over both transports."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import Ways
from psycopg import sql

lab = sys.modules["oncall_lab_postgres"]
RESERVED_SINCE = 16
HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick selection takes the engine that needs nothing, and what is quick with it."""
    for item in items:
        if HERE not in item.path.parents or not isinstance(item, pytest.Function):
            continue
        if getattr(item, "callspec", None) and item.callspec.params.get("engine") == "debian":
            item.add_marker(pytest.mark.debian)
        if item.path.stem in ("test_surroundings", "test_secrets", "test_refusals", "test_pooler"):
            item.add_marker(pytest.mark.slow)


CLIENTS = """SELECT count(*) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""


def settle(server: Any) -> None:
    """A server needs a moment to notice that a client has left."""
    end = time.monotonic() + 5
    while server.query(CLIENTS) != [(0,)] and time.monotonic() < end:
        time.sleep(0.02)


@pytest.fixture
def ways(quiet: Any) -> Ways:
    """The ways to the server with 20 connections, when nobody else is connected any more."""
    settle(quiet)
    return Ways(quiet)


@pytest.fixture(params=["tcp", "exec"])
def via(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def roomy(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with place for a crowd, prepared transactions and pg_stat_statements."""
    folder = tmp_path_factory.mktemp(f"roomy-{engine}")
    folder.chmod(0o755)
    server = lab.start(folder, engine=engine)
    with server.connect() as connection:
        settings = [
            "max_connections = 150",
            "max_prepared_transactions = 5",
            "shared_preload_libraries = 'pg_stat_statements'",
        ]
        if int(server.version) >= RESERVED_SINCE:
            settings.append("reserved_connections = 2")
        for setting in settings:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
    yield lab.restart(folder)
    lab.stop(folder, delete=True)


class Sessions:
    """An application's sessions, opened by the test and closed after it."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.opened: list[psycopg.Connection[Any]] = []
        self.roles: list[str] = []

    def open(
        self,
        *statements: str,
        role: str = "app",
        application: str = "checkout",
        database: str = lab.DATABASE,
    ) -> psycopg.Connection[Any]:
        """One session, after it has run the statements; all roles have app's password."""
        own = role in ("app", "oncall", "postgres")
        arguments = self.server.dsn(role if own else "app", database) | {"user": role}
        connection = psycopg.connect(**arguments, application_name=application, autocommit=True)
        self.opened.append(connection)
        for statement in statements:
            connection.execute(statement.encode())
        return connection

    def role(self, name: str, options: str = "") -> None:
        password = self.server.password_file("app").read_text().strip()
        create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} {}").format(
            sql.Identifier(name), sql.Literal(password), sql.SQL(options)
        )
        with self.server.connect() as connection:
            connection.execute(create)
        self.roles.append(name)

    def close(self) -> None:
        for connection in self.opened:
            connection.close()
        # The server is other tests' as well.
        with self.server.connect() as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for name in known & set(self.roles):
                connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def sessions(quiet: Any) -> Iterator[Sessions]:
    held = Sessions(quiet)
    yield held
    held.close()


@pytest.fixture
def crowd(roomy: Any) -> Iterator[Sessions]:
    held = Sessions(roomy)
    yield held
    held.close()
