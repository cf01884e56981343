# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Redis, and a real Valkey, with keys of several owners in one database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import (
    QUICK,
    RedisDrill,
)
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab

harness = sys.modules["oncall_harness"]
PREFIXES = ["cache:"]


@pytest.fixture(scope="session", params=["debian", "valkey"])
def engine(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if missing := lab.missing(name):
        pytest.skip(f"{missing} is not installed")
    return name


def keys(server: Any) -> None:
    """RD02: cache, sessions and queues share a database, and another one lies beside it."""
    lab.fill(server, "cache:", 200)
    lab.fill(server, "cache:", 20, database=1)
    with server.client() as connection:
        for number in range(50):
            connection.set(f"sess:{number}", "s" * 40, ex=3600)
            connection.lpush("bull:mail:wait", number)
            connection.hset(f"bull:mail:{number}", mapping={"data": number})
        connection.xadd("events", {"n": 1})
        connection.set(b"cache\xff:odd", "not of the cache")
        connection.save()


@pytest.fixture
def server(engine: str, tmp_path: Path) -> Iterator[Any]:
    """One of the test's own: faults change settings, and some end it."""
    started = lab.start(tmp_path / "redis", engine)
    keys(started)
    yield started
    lab.stop(started.directory)


@pytest.fixture
def replica(server: Any, tmp_path: Path) -> Iterator[Any]:
    directory = tmp_path / "replica"
    directory.mkdir()
    # It gives the password to its primary, and asks for the same.
    password = directory / "oncall.password"
    password.touch(mode=0o600)
    password.write_text(server.password_file.read_text())
    yield lab.start(directory, server.engine, replica_of=server.port)
    lab.stop(directory)


def program(server: Any, verb: str) -> list[str]:
    path = str(Path(lab.__file__).resolve())
    return [sys.executable, path, verb, "--dir", str(server.directory)]


def entry(server: Any, via: str = "tcp", **given: Any) -> dict[str, Any]:
    """The catalog's entry, as a user writes it."""
    verbs = ("start", "stop", "restart", "status", "logs")
    return {
        "kind": "redis",
        "platform": "command",
        "command": {verb: program(server, verb) for verb in verbs},
        "redis": {
            "via": via,
            "host": lab.HOST,
            "port": server.port,
            "password_file": str(server.password_file),
            "role": "cache",
            "cache_prefixes": PREFIXES,
            **given,
        },
    }


# In a container it is reached so by the tests of the lab.
@pytest.fixture(params=["tcp", pytest.param("exec", marks=pytest.mark.soak)])
def via(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def drill(tmp_path: Path) -> Callable[..., RedisDrill]:
    def make(
        server: Any, playbook: str = "redis_outage", via: str = "tcp", **given: Any
    ) -> RedisDrill:
        site = harness.make_site(tmp_path / "site", {"cache": entry(server, via, **given)})
        return RedisDrill(server, site, QUICK[playbook], playbook=playbook)

    return make
