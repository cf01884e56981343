# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Throwaway clusters of Debian's PostgreSQL 15, made from one initdb."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

VERSION = "15"
BIN = Path(f"/usr/lib/postgresql/{VERSION}/bin")
DATA = Path(f"/var/lib/postgresql/{VERSION}")
ETC = Path(f"/etc/postgresql/{VERSION}")
SOCKETS = "/var/run/postgresql"
PREFIX = "runbench"
MAX_CONNECTIONS = 20
RESERVED = 3  # superuser_reserved_connections, PostgreSQL's default
PASSWORD = "bench-only"  # of throwaway servers on the loopback

HBA = """\
local all all                trust
host  all all 127.0.0.1/32   scram-sha-256
"""
CONF = f"""\
max_connections = {MAX_CONNECTIONS}
shared_buffers = 4MB
listen_addresses = '127.0.0.1'
"""
SETUP = f"""\
CREATE ROLE app LOGIN;
CREATE ROLE oncall LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor, pg_signal_backend;
CREATE DATABASE app OWNER app;
"""


@dataclass(frozen=True)
class Cluster:
    number: int
    port: int

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.number:02d}"

    @property
    def host(self) -> str:
        return f"db{self.number:02d}"


def command(*argv: str | Path, stdin: str | None = None) -> str:
    """Run it to its end; its output, or an error that says what it said."""
    done = subprocess.run(
        [str(arg) for arg in argv], input=stdin, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{argv[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def control(cluster: Cluster, action: str, *, check: bool = True) -> None:
    try:
        command("pg_ctlcluster", VERSION, cluster.name, action)
    except RuntimeError:
        if check:
            raise


def each(work: Callable[[Cluster], object], clusters: Iterable[Cluster]) -> None:
    """The same for every cluster, eight at a time."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, clusters))


def leftovers() -> list[str]:
    """Clusters of an earlier run that could not clean up."""
    found = [*ETC.glob(f"{PREFIX}*"), *DATA.glob(f"{PREFIX}*")]
    return sorted({path.name for path in found})


def drop(name: str) -> None:
    """Remove it, and what Debian's tool leaves of it."""
    if (ETC / name / "postgresql.conf").exists():
        subprocess.run(["pg_dropcluster", "--stop", VERSION, name], check=False)
    shutil.rmtree(DATA / name, ignore_errors=True)
    shutil.rmtree(ETC / name, ignore_errors=True)


class Clusters:
    """The clusters of one run: grown on demand, all removed at the end."""

    def __init__(self, first_port: int) -> None:
        self.first_port = first_port
        self.made: list[Cluster] = []
        self.work = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-"))
        self.template = self.work / "template"

    def first(self, count: int) -> list[Cluster]:
        """That many running clusters."""
        if not self.template.exists():
            self._make_template()
        new = [Cluster(n + 1, self.first_port + n) for n in range(len(self.made), count)]
        self.made += new
        for cluster in new:  # one at a time: Debian's tools look at all clusters
            self._create(cluster)
        each(lambda cluster: control(cluster, "start"), new)
        return self.made[:count]

    def _make_template(self) -> None:
        self.work.chmod(0o755)
        self.template.mkdir(0o700)
        shutil.chown(self.template, "postgres", "postgres")
        as_postgres = ("runuser", "-u", "postgres", "--")
        command(*as_postgres, BIN / "initdb", "-D", self.template, "-U", "postgres")
        single = (BIN / "postgres", "--single", "-j", "-D", self.template, "postgres")
        command(*as_postgres, *single, stdin=SETUP.replace(";\n", ";\n\n"))
        (self.template / "pg_hba.conf").write_text(HBA, encoding="utf-8")

    def _create(self, cluster: Cluster) -> None:
        command("cp", "-a", self.template, DATA / cluster.name)
        command("pg_createcluster", VERSION, cluster.name, "-p", str(cluster.port))
        (ETC / cluster.name / "conf.d").mkdir(exist_ok=True)
        conf = ETC / cluster.name / "conf.d" / "bench.conf"
        conf.write_text(CONF, encoding="utf-8")

    def drop(self) -> None:
        each(lambda cluster: control(cluster, "stop", check=False), self.made)
        for cluster in self.made:
            drop(cluster.name)
        shutil.rmtree(self.work, ignore_errors=True)


def psql(cluster: Cluster, sql: str, *, user: str = "postgres", database: str = "postgres") -> str:
    target = ("-h", SOCKETS, "-p", str(cluster.port), "-U", user, "-d", database)
    return command(BIN / "psql", "-XAtq", *target, "-c", sql).strip()


def max_connections(cluster: Cluster) -> int:
    return int(psql(cluster, "SHOW max_connections"))


def application_gets_in(cluster: Cluster) -> bool:
    """Whether an ordinary role finds a free slot."""
    try:
        psql(cluster, "SELECT 1", user="app", database="app")
    except RuntimeError as error:
        if "connection slots are reserved" not in str(error):
            raise
        return False
    return True


def restore(cluster: Cluster) -> None:
    """Undo the raise that a script made, restart and all."""
    if max_connections(cluster) != MAX_CONNECTIONS:
        psql(cluster, "ALTER SYSTEM RESET max_connections")
        control(cluster, "restart")


def unusable() -> str | None:
    """Why this machine cannot run the bench, if it cannot."""
    if os.geteuid() != 0:
        return "the bench makes clusters and restarts them: run it as root"
    if not (BIN / "initdb").exists() or not shutil.which("pg_createcluster"):
        return f"the bench needs Debian's postgresql-{VERSION}"
    if left := leftovers():
        return f"clusters of an earlier run are left ({', '.join(left)}): bench/run --clean"
    return None
