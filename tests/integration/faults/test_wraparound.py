# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PG34: a server whose transaction numbers run out is told of, and nothing is done to it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration import conftest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs

pytestmark = [pytest.mark.slow, pytest.mark.embedded]
lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
NEXT = 2_110_000_000
# A file of pg_xact holds the fate of so many transactions, two bits each.
PER_FILE = 32 * 8192 * 4


def age(server: Any) -> None:
    """As after years without a VACUUM: the next number is far ahead of the oldest row."""
    data = server.data_dir

    def do(program: str, *arguments: str) -> None:
        path = str(programs.folder(server) / program)
        lab._run([*lab._unprivileged(), path, *arguments], program)

    with (data / "postgresql.auto.conf").open("a") as settings:
        # Else the server would freeze the few rows of the test within a minute.
        settings.write("autovacuum_naptime = '20d'\n")
    do("pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop")
    do("pg_resetwal", "-x", str(NEXT), "-D", str(data))
    segment = data / "pg_xact" / f"{NEXT // PER_FILE:04X}"
    segment.write_bytes(bytes(32 * 8192))
    owner = data.stat()
    os.chown(segment, owner.st_uid, owner.st_gid)
    do("pg_ctl", "-D", str(data), "-l", str(server.log), "-w", "-t", "30", "start")


def test_it_is_told_and_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    server = lab.start(tmp_path / "server")
    try:
        age(server)
        site = harness.make_site(tmp_path / "site", {"db": conftest.entry(server)})
        began = server.query("SELECT pg_postmaster_start_time()::text")
        for playbook in ("db_outage", "db_slow_queries"):
            for more in (("--check",), ()):
                done = site.run(playbook, *more)
                found = done.finding("postgresql_wraparound")
                assert (found["severity"], found["reason"]) == ("crit", "xid_wraparound_risk")
                assert found["value"] > NEXT - 10_000 and "VACUUM it" in found["summary"]
                assert done.outcome == "attention" and done.rc != 0, done.stdout + done.stderr
                assert done.report["changes"] == []
        assert server.query("SELECT pg_postmaster_start_time()::text") == began
    finally:
        lab.stop(tmp_path / "server", delete=True)
