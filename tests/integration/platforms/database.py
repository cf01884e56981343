# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL as a unit of a machine that publishes no port: everything is done inside of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.integration.faults.drill import of_run, proven
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import (
    Machine,
    connection,
    until,
)
from ansible_collections.oncall.runbooks.tests.lab.shell import run

harness = sys.modules["oncall_harness"]
UNIT = "postgresql@15-main.service"
CONF = "/etc/postgresql/15/main/conf.d"
DATA = "/var/lib/postgresql/15/main"
QUICK = {"service": "db", "idle_seconds": 1, "hold_seconds": 1, "timeout_seconds": 20}
# An application can use 17 of 20 slots.
FULL = 17
SETUP = f"""
set -eu
printf '%s\n' 'max_connections = 20' >{CONF}/lab.conf
sed -i '1i local all app trust' /etc/postgresql/15/main/pg_hba.conf
systemctl enable -q --now postgresql
until pg_isready -q; do sleep 0.1; done
cd /
runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE app LOGIN;
CREATE DATABASE shop OWNER app;
CREATE ROLE oncall LOGIN;
GRANT pg_monitor, pg_signal_backend TO oncall;
SQL
"""
# Its sessions are the application's; it ends when its input does, or is killed.
CROWD = """
import sys, time, psycopg
number, state = int(sys.argv[1]), sys.argv[2]
def connected(tries=50):
    # Whoever counts the crowd holds a slot of its own meanwhile.
    try:
        return psycopg.connect("user=app dbname=shop application_name=checkout", autocommit=True)
    except psycopg.OperationalError:
        if not tries:
            raise
        time.sleep(0.1)
        return connected(tries - 1)
held = [connected() for _n in range(number)]
if state == "active":
    for one in held:
        one.pgconn.send_query(b"SELECT pg_sleep(86400)")
        one.pgconn.flush()
time.sleep(86400)
"""
STATE = """SELECT jsonb_build_object(
  'started', pg_postmaster_start_time(),
  'settings', (SELECT jsonb_object_agg(name, concat_ws('|', setting, source, sourcefile, pending_restart))
     FROM pg_settings),
  'roles', (SELECT jsonb_agg(to_jsonb(r) ORDER BY oid) FROM pg_roles r),
  'sessions', (SELECT jsonb_agg(jsonb_build_array(pid, backend_start) ORDER BY pid) FROM pg_stat_activity
     WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
       AND application_name <> 'oncall.runbooks'))"""


@dataclass(frozen=True)
class Database:
    machine: Machine
    variables: dict[str, Any] = field(default_factory=lambda: dict(QUICK))

    def query(self, sql: str, port: int = 5432) -> str:
        words = ("runuser", "-u", "postgres", "--", "psql", "-X", "-A", "-t", "-p", str(port))
        command = ("docker", "exec", "-i", "-w", "/", self.machine.name, *words)
        return run(*command, given=sql).stdout.strip()

    def crowd(self, state: str = "idle", number: int = FULL) -> None:
        path = "/run/crowd.py"
        run("docker", "exec", "-i", self.machine.name, "tee", path, given=CROWD)
        self.machine.sh(f"python3 {path} {number} {state} >/run/crowd.log 2>&1 &")
        many = f"SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state = '{state}'"
        there = partial(self.machine.sh, "cat /run/crowd.log")
        until(lambda: self.query(many) == str(number), "the crowd is there", told=there)
        self.machine.sh("sleep 1.2")

    def leave(self) -> None:
        self.machine.sh("pkill -f '[/]run/crowd.py' || true")
        self.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")

    def snapshot(self) -> dict[str, Any]:
        files = self.machine.sh(f"cat {DATA}/postgresql.auto.conf {CONF}/*")
        return {**json.loads(self.query(STATE)), "files": files}

    def site(self) -> Any:
        entry = {
            "kind": "postgresql",
            "platform": "systemd",
            "systemd": {"unit": UNIT},
            "postgresql": {
                "via": "exec",
                "database": "shop",
                "user": "oncall",
                "admin": {"via": "exec", "user": "postgres"},
            },
        }
        settings = connection(self.machine.name)
        return harness.make_site(self.machine.folder, {"db": entry}, settings)

    def run(self, *options: str, playbook: str = "db_connection_exhausted", **given: Any) -> Any:
        variables = {"service": "db"} if playbook == "revert" else self.variables
        extra = json.dumps({**variables, **given})
        done = self.site().run(playbook, "-e", extra, *options)
        assert done.report, done.stdout + done.stderr
        proven(done, [])
        return done

    def unchanged(self, *options: str, **given: Any) -> Any:
        before = self.snapshot()
        done = self.run(*options, **given)
        assert self.snapshot() == before
        assert not of_run(done, "change_intended")
        return done

    def healthy(self, **given: Any) -> None:
        done = self.unchanged(**given)
        assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr

    def follow(self) -> None:
        """A hot standby on the same machine, which the catalog does not name."""
        self.machine.sh(FOLLOW)
        streaming = "SELECT state FROM pg_stat_replication"
        until(lambda: self.query(streaming) == "streaming", "the standby streams")


FOLLOW = """
set -eu; cd /
pg_createcluster --port 5433 15 standby >/dev/null
cp /etc/postgresql/15/main/conf.d/lab.conf /etc/postgresql/15/standby/conf.d/
folder=/var/lib/postgresql/15/standby
rm -rf $folder
runuser -u postgres -- pg_basebackup -D $folder -X stream -c fast -R \
  -d 'host=/var/run/postgresql application_name=standby-9'
systemctl start postgresql@15-standby
"""


def on(machine: Machine) -> Database:
    machine.sh(SETUP)
    return Database(machine)


def elsewhere(database: Database, folder: Path) -> Database:
    """The same server, with a state folder of one test."""
    return Database(Machine(database.machine.name, folder), database.variables)
