# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A primary with streaming standbys, and who writes to it and looks at it all the time."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from ansible_collections.oncall.runbooks.tests.integration.faults import programs, standby

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
PRIMARY = "db"
OWN_NAME = socket.gethostname()
FAST = {"hold_seconds": 1, "timeout_seconds": 30, "gone_seconds": 2}
WRITABLE = b"SELECT NOT pg_is_in_recovery()"
OF_A_MACHINE = {"platform": "systemd", "systemd": {"unit": "postgresql.service"}}
# Nobody listens on port 1. The name is this machine's own, which is no loopback address to the catalog.
NO_WAY_TO_IT = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
# What keeps the old one from taking writes again: it is stopped, and has no configuration to start with.
FENCE = """set -e
[ ! -f "$1/postmaster.pid" ] || "$2" "$3" -D "$1" -m immediate -w stop
[ ! -f "$1/postgresql.conf" ] || mv "$1/postgresql.conf" "$1/postgresql.conf.fenced"
echo fenced
"""


@dataclass
class Cluster:
    folder: Path
    servers: dict[str, Any]
    synchronous: list[str] = field(default_factory=list)
    hosts: dict[str, str] = field(default_factory=dict)  # by name, where it is not where it lives
    machine_gone: bool = False  # the primary's: nobody gets to it by ssh either

    def entry(self, name: str, standbys: list[str]) -> dict[str, Any]:
        server = self.servers[name]
        superuser = str(self.servers[PRIMARY].password_file(lab.SUPERUSER))
        more = {"standbys": standbys, "synchronous": self.synchronous} if standbys else {}
        return {
            "kind": "postgresql",
            "platform": "external",
            **(OF_A_MACHINE if self.machine_gone and name == PRIMARY else {}),
            "commands": {"fence": self.fence(server)},
            "postgresql": {
                "via": "tcp",
                "host": self.hosts.get(name, lab.HOST),
                "port": server.port,
                "database": lab.DATABASE,
                "user": "oncall",
                "password_file": str(self.servers[PRIMARY].password_file("oncall")),
                "admin": {"user": lab.SUPERUSER, "password_file": superuser},
                **more,
            },
        }

    def fence(self, server: Any) -> list[str]:
        control = [*lab._unprivileged(), str(programs.folder(self.servers[PRIMARY]) / "pg_ctl")]
        stop = " ".join(f"'{word}'" for word in control)
        text = FENCE.replace('"$2" "$3"', stop)
        return ["sh", "-c", text, "sh", str(server.data_dir)]

    def run(self, *options: str, primary: str = PRIMARY, **variables: Any) -> Any:
        others = [name for name in self.servers if name != primary]
        entries = {
            name: self.entry(name, others if name == primary else []) for name in self.servers
        }
        return self.run_with(entries, *options, primary=primary, **variables)

    def run_with(
        self, entries: Mapping[str, Any], *options: str, primary: str = PRIMARY, **variables: Any
    ) -> Any:
        site = harness.make_site(self.folder, entries, None, {"kind_postgresql": list(entries)})
        if self.machine_gone:
            folder = self.folder / "host_vars"
            folder.mkdir(exist_ok=True)
            (folder / f"{PRIMARY}.yml").write_text(json.dumps(NO_WAY_TO_IT))
        given = [f"-e{key}={value}" for key, value in {**FAST, **variables}.items()]
        return site.run("db_failover", f"-eservice={primary}", *given, *options)

    def roles(self) -> dict[str, bool | None]:
        """Who takes writes; None of one that does not answer."""
        found: dict[str, bool | None] = {}
        for name, server in self.servers.items():
            found[name] = None
            with suppress(psycopg.Error, OSError), server.connect(application_name="lab") as there:
                found[name] = bool(there.execute(WRITABLE).fetchone()[0])
        return found

    def refused(self, reason: str, *options: str, **variables: Any) -> Any:
        """Checked, and real, with nobody's role changed."""
        before = self.roles()
        for more in (("--check",), ()):
            done = self.run(*more, *options, **variables)
            assert done.outcome == "refused" and done.rc != 0, done.stdout + done.stderr
            assert done.finding("postgresql_nodes")["reason"] == reason, done.stdout
            assert done.report["changes"] == []
        assert self.roles() == before
        return done

    def control(self, name: str, *arguments: str) -> None:
        server = self.servers[name]
        program = str(programs.folder(self.servers[PRIMARY]) / "pg_ctl")
        command = [*lab._unprivileged(), program, "-D", str(server.data_dir), *arguments]
        lab._run(command, f"pg_ctl of {name}")

    def stop(self, name: str, mode: str = "immediate") -> None:
        if (self.servers[name].data_dir / "postmaster.pid").exists():
            self.control(name, "-m", mode, "-w", "stop")

    def start(self, name: str) -> None:
        self.control(name, "-l", str(self.servers[name].log), "-w", "-t", "30", "start")


@contextmanager
def running(folder: Path, *standbys: str) -> Iterator[Cluster]:
    folder.chmod(0o755)
    with ExitStack() as stack:
        primary = lab.start(folder / PRIMARY)
        stack.callback(lab.stop, folder / PRIMARY, delete=True)
        servers = {PRIMARY: primary}
        for name in standbys:
            place = folder / name
            place.mkdir()
            servers[name] = stack.enter_context(standby.following(primary, place, name))
        yield Cluster(folder, servers)


class Watch(threading.Thread):
    """Every 50 ms, who takes writes; and the moments at which more than one did."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.cluster, self.done = cluster, threading.Event()
        self.seen: list[dict[str, bool | None]] = []

    def run(self) -> None:
        while not self.done.wait(0.05):
            self.seen.append(self.cluster.roles())

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.join()

    def most_writable(self) -> int:
        return max(sum(bool(one) for one in seen.values()) for seen in self.seen)


class Counter(threading.Thread):
    """An application that counts, wherever a server takes writes; what was acknowledged is remembered."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.cluster, self.done = cluster, threading.Event()
        self.acknowledged: list[int] = []
        with cluster.servers[PRIMARY].connect() as there:
            there.execute(b"CREATE TABLE counter (n int PRIMARY KEY)")

    def run(self) -> None:
        number = 0
        while not self.done.is_set():
            for server in self.cluster.servers.values():
                with suppress(psycopg.Error, OSError), server.connect() as there:
                    there.execute(b"SET synchronous_commit = on")
                    while not self.done.is_set():
                        number += 1
                        there.execute(b"INSERT INTO counter VALUES (%s)" % str(number).encode())
                        self.acknowledged.append(number)
                        time.sleep(0.01)
            time.sleep(0.05)

    def __enter__(self) -> Counter:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.join()

    def lost(self, server: Any) -> set[int]:
        return set(self.acknowledged) - {row[0] for row in server.query("SELECT n FROM counter")}
