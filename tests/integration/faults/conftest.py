# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of a real server, each in four passes: healthy, --check, real, again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import Drill
from psycopg import sql

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]


def catalog(
    server: Any,
    *,
    admin: bool | dict[str, Any] = True,
    user: str = "oncall",
    service: dict[str, Any] | None = None,
    **postgresql: Any,
) -> dict[str, Any]:
    """A laboratory server's entry, as a user writes it; `service` holds keys beside postgresql."""
    way = {
        "via": "tcp",
        "host": lab.HOST,
        "port": server.port,
        "database": lab.DATABASE,
        "user": user,
        "password_file": str(server.password_file(user)),
    }
    superuser = lab.SUPERUSER
    if admin is True:
        admin = {"user": superuser, "password_file": str(server.password_file(superuser))}
    if admin:
        way["admin"] = admin
    entry = {"kind": "postgresql", "platform": "external", **(service or {})}
    return {**entry, "postgresql": {**way, **postgresql}}


@pytest.fixture
def crowd(quiet: Any) -> Iterator[Crowd]:
    found = Crowd(quiet)
    yield found
    found.leave()


@pytest.fixture(scope="module")
def spare(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server of the file's own, whose configuration may be changed."""
    folder = tmp_path_factory.mktemp(f"spare-{engine}")
    folder.chmod(0o755)
    yield lab.start(folder, engine=engine)
    lab.stop(folder, delete=True)


@pytest.fixture
def own(spare: Any) -> Iterator[Any]:
    """The same, configured as it was again after each test."""
    auto_conf = spare.data_dir / "postgresql.auto.conf"
    before = auto_conf.read_bytes()
    yield spare
    auto_conf.write_bytes(before)
    for path in (spare.config_dir / "conf.d").glob("*.conf"):
        path.unlink()
    lab.restart(spare.directory)


@pytest.fixture
def own_crowd(own: Any) -> Iterator[Crowd]:
    found = Crowd(own)
    yield found
    found.leave()


@pytest.fixture
def drill(quiet: Any, tmp_path: Path) -> Callable[..., Drill]:
    """The drill of a catalog entry: drill(admin=False, app_roles=["app"])."""

    def make(server: Any = quiet, **entry: Any) -> Drill:
        return Drill(server, harness.make_site(tmp_path, {"db": catalog(server, **entry)}))

    return make


@pytest.fixture
def role(quiet: Any) -> Iterator[Callable[..., str]]:
    """Make a role with app's password, gone again after the test."""
    made: list[str] = []

    def make(name: str, options: str = "", member_of: tuple[str, ...] = ()) -> str:
        password = quiet.password_file("app").read_text()
        quiet.password_file(name).touch(mode=0o600)
        quiet.password_file(name).write_text(password)
        identifier = sql.Identifier(name)
        with quiet.connect(application_name="lab") as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} {}").format(
                    identifier, sql.Literal(password.strip()), sql.SQL(options)
                )
            )
            made.append(name)
            for group in member_of:
                connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), identifier)
                )
        return name

    yield make
    Crowd(quiet).leave()
    for name in made:
        with quiet.connect(application_name="lab") as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
        quiet.password_file(name).unlink()
