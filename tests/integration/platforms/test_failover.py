# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A primary that died is fenced by what it runs on, without a command of the catalog, and does not come back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms import projects
from ansible_collections.oncall.runbooks.tests.integration.platforms.programs import (
    GROUNDS,
    Compose,
    Ground,
    Program,
    Service,
    Systemd,
)
from ansible_collections.oncall.runbooks.tests.lab.shell import run, wait_for

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
BIN, PASSWORD = "/usr/lib/postgresql/15/bin", "canary-of-the-failover"
# The page is for a platform that wants to be told that it is ready; the server is the process of the service.
COMMON = f"""
set -e
home=/srv/$NAME; mkdir -p $home/page; cd $home; chown -R postgres: $home
as() {{ setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }}
serve() {{
  touch page/health
  (python3 -m http.server --directory page "$PORT" >/dev/null 2>&1 &)
  exec setpriv --reuid=postgres --regid=postgres --clear-groups {BIN}/postgres -D $home/data \
    -c listen_addresses='*' -c port=$SERVER_PORT -c unix_socket_directories=$home -c shared_buffers=16MB \
    -c fsync=off -c wal_retrieve_retry_interval=200ms
}}
"""
PRIMARY = (
    COMMON
    + f"""
if [ ! -f data/PG_VERSION ]; then
  as {BIN}/initdb -D data --no-sync --locale=C.UTF-8 --auth=trust >/dev/null
  echo 'host all,replication all all trust' >>data/pg_hba.conf
fi
serve
"""
)
STANDBY = (
    COMMON
    + f"""
as {BIN}/pg_basebackup -D data -R -c fast -d "host=$LEADER port=5432 user=postgres application_name=spare"
serve
"""
)
QUICK = {"service": "db", "gone_seconds": 1, "hold_seconds": 1, "timeout_seconds": 30}
PROMOTE = "promote_replica@spare"


@dataclass
class Pair:
    ground: Ground
    services: dict[str, Service]
    folder: Path

    def where(self, name: str) -> tuple[str, int]:
        """As the controller reaches it."""
        port = {"db": 5432, "spare": 5433}[name]
        if isinstance(self.ground, Compose):
            (container,) = projects.containers(self.ground.project, name)
            (network,) = container["NetworkSettings"]["Networks"].values()
            self.addresses[name] = network["IPAddress"] or self.addresses[name]
            return self.addresses[name], port
        assert isinstance(self.ground, Systemd)
        return self.ground.host.address(), port

    def __post_init__(self) -> None:
        self.addresses: dict[str, str] = {}

    def connect(self, name: str) -> psycopg.Connection[Any]:
        host, port = self.where(name)
        return psycopg.connect(
            host=host, port=port, user="postgres", dbname="postgres", connect_timeout=3, autocommit=True
        )  # fmt: skip

    def entry(self, name: str) -> dict[str, Any]:
        host, port = self.where(name)
        way = {"via": "tcp", "host": host, "port": port, "user": "postgres", "database": "postgres"}
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD)
        given = {**way, "password_file": str(secret)}
        more = {"standbys": ["spare"]} if name == "db" else {}
        postgresql = {**given, "admin": given, **more}
        return self.ground.entry(self.services[name], "postgresql", postgresql=postgresql)

    def run(self, *options: str, **given: Any) -> Any:
        entries = {name: self.entry(name) for name in self.services}
        hosts = {"kind_postgresql": list(entries)}
        site = harness.make_site(self.folder / "site", entries, self.ground.settings, hosts)
        done = site.run("db_failover", "-e", json.dumps({**QUICK, **given}), *options)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [PASSWORD])
        return done

    def writable(self, name: str) -> bool | None:
        try:
            with self.connect(name) as there:
                row = there.execute(b"SELECT NOT pg_is_in_recovery()").fetchone()
                return bool(row and row[0])
        except psycopg.OperationalError:
            return None


@pytest.fixture(params=["compose", "systemd"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with GROUNDS[request.param](tmp_path) as ground:
        made = Pair(ground, {}, tmp_path)
        leader = "db" if request.param == "compose" else "127.0.0.1"
        for name, text, port in (("db", PRIMARY, "5432"), ("spare", STANDBY, "5433")):
            given = {"NAME": name, "SERVER_PORT": port, "LEADER": leader}
            made.services[name] = ground.start(name, Program(("sh", "-c", text), given))
            wait_for(f"{name} serves", lambda name=name: made.writable(name) is not None)  # type: ignore[misc]
        yield made


def kept_down(pair: Pair) -> str:
    """What says that it does not start by itself again."""
    if isinstance(pair.ground, Compose):
        (container,) = projects.containers(pair.ground.project, "db")
        state = container["State"]["Status"]
        return f"{state} {container['HostConfig']['RestartPolicy']['Name']}"
    assert isinstance(pair.ground, Systemd)
    return pair.ground.machine.sh(
        "systemctl is-active db.service; systemctl is-enabled db.service; true"
    )


def test_the_platform_fences_it(pair: Pair) -> None:
    """PG22, where the catalog has no command for it."""
    if isinstance(pair.ground, Compose):
        name = projects.identity(pair.ground.project, "db")[0][0]
        run("docker", "update", "--restart", "unless-stopped", name)
    healthy = pair.run()
    assert (healthy.outcome, healthy.rc) == ("healthy", 0), healthy.stdout + healthy.stderr
    with pair.connect("db") as there:
        there.execute(b"CREATE TABLE kept AS SELECT 1 AS n")
    pair.ground.end(pair.services["db"])
    wait_for("it is gone", lambda: pair.writable("db") is None)
    checked = pair.run("--check", approve=PROMOTE)
    assert checked.outcome == "planned", checked.stdout + checked.stderr
    assert pair.writable("spare") is False
    done = pair.run(approve=PROMOTE)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert (pair.writable("db"), pair.writable("spare")) == (None, True)
    with pair.connect("spare") as there:
        assert there.execute(b"SELECT n FROM kept").fetchone() == (1,)
    told = kept_down(pair)
    assert told == "exited no" if isinstance(pair.ground, Compose) else told.split()[1] != "enabled"
    again = pair.run(approve=PROMOTE)
    assert (again.outcome, again.rc, again.report["changes"]) == ("attention", 0, [])
    assert again.finding("postgresql_nodes")["reason"] == "moved"
