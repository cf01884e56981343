# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy of the data at one moment, where the server lives: in its container, in its pod, on its machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms.programs import (
    GROUNDS,
    Ground,
    Program,
    Service,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
HOME, BIN = "/srv/database", "/usr/lib/postgresql/15/bin"
# A server that archives its WAL, and a page for a platform that wants to be told that it is ready.
STARTED = f"""
set -e
cd {HOME} 2>/dev/null || {{ mkdir -p {HOME} && cd {HOME}; }}
mkdir -p page base wal run && chown -R postgres: {HOME}
as() {{ setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }}
as {BIN}/initdb -D live --no-sync --locale=C.UTF-8 --auth=trust >/dev/null
cat >>live/postgresql.conf <<SETTINGS
listen_addresses = '127.0.0.1'
unix_socket_directories = '{HOME}/run'
shared_buffers = '16MB'
fsync = off
archive_mode = on
archive_command = 'cp %p {HOME}/wal/%f.part && mv {HOME}/wal/%f.part {HOME}/wal/%f'
SETTINGS
as {BIN}/pg_ctl -D live -l log -w start >/dev/null
as psql -X -q -h {HOME}/run -d postgres -c 'CREATE TABLE marks (n int)'
as {BIN}/pg_basebackup -h {HOME}/run -D base/first -X none -c fast
touch page/health
exec python3 -m http.server --directory page "$PORT"
"""
QUICK = {"hold_seconds": 0, "timeout_seconds": 60}


@dataclass
class Database:
    ground: Ground
    service: Service
    folder: Path

    def query(self, sql: str, place: str = f"{HOME}/run", port: int = 5432) -> str:
        words = f"setpriv --reuid=postgres --regid=postgres --clear-groups psql -qXAt -h {place}"
        return self.ground.inside(self.service, f'{words} -p {port} -d postgres -c "{sql}"').strip()

    def mark(self, number: int) -> str:
        """One more row, and a moment at which it was there and no other after it."""
        self.query(f"INSERT INTO marks VALUES ({number})")
        time.sleep(1.1)
        moment = self.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')")
        time.sleep(1.1)
        return f"{moment.replace(' ', 'T')}Z"

    def live(self) -> str:
        """The server, what is in it, its backups and its archive."""
        rows = self.query("SELECT pg_postmaster_start_time(), array_agg(n ORDER BY n) FROM marks")
        return rows + self.ground.inside(self.service, f"cd {HOME} && ls -lR base wal")

    def run(self, *options: str, **given: Any) -> Any:
        entry = self.ground.entry(
            self.service, "postgresql",
            postgresql={
                "via": "exec", "host": f"{HOME}/run", "database": "postgres", "user": "postgres",
            },
            backup={
                "tool": "plain", "directory": f"{HOME}/base", "archive": f"{HOME}/wal", "from": "inside",
                "integrity": [{"name": "marks", "sql": "SELECT count(*) < 100 FROM public.marks", "expect": "true"}],
            },
        )  # fmt: skip
        site = harness.make_site(self.folder / "site", {"db": entry}, self.ground.settings)
        before = self.live()
        variables = {"service": "db", **QUICK, **given}
        done = site.run("data_corruption", "-e", json.dumps(variables), *options)
        assert self.live() == before
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [])
        return done


@pytest.fixture(params=GROUNDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with GROUNDS[request.param](tmp_path) as ground:
        service = ground.start("db", Program(("sh", "-c", STARTED)))
        made = Database(ground, service, tmp_path)
        wait_for("it was backed up", lambda: lab.get(f"{service.url}/health", 1)[0] == 200)
        yield made


def test_a_copy_is_made_where_the_server_lives(database: Database) -> None:
    """PG25, PG26. In four passes, and with a target that nothing covers."""
    time.sleep(1.1)  # times of files are told in seconds
    moments = {number: database.mark(number) for number in (1, 2, 3)}
    database.query("SELECT pg_switch_wal()")
    wait_for(
        "it is archived",
        lambda: (
            database.query(
                "SELECT last_archived_time > now() - interval '60 s' FROM pg_stat_archiver"
            )
            == "t"
        ),
    )
    healthy = database.run()
    assert healthy.rc == 0 and not healthy.report["changes"], healthy.stdout + healthy.stderr
    wanted = {"target_time": moments[2], "restore_dir": f"{HOME}/copy", "restore_port": 5499}
    checked = database.run("--check", **wanted)
    assert checked.outcome == "planned", checked.stdout + checked.stderr
    done = database.run(**wanted)
    assert (done.outcome, done.rc) == ("done", 0), done.stdout + done.stderr
    rows = database.query("SELECT array_agg(n ORDER BY n) FROM marks", f"{HOME}/copy", 5499)
    assert rows == "{1,2}"
    again = database.run(**wanted)
    assert (again.outcome, again.report["changes"]) == ("healthy", [])
    before = {**wanted, "target_time": "2020-01-01T00:00:00Z", "restore_dir": f"{HOME}/other"}
    refused = database.run(**before)
    assert refused.rc != 0 and "before the oldest backup" in refused.stdout + refused.stderr
