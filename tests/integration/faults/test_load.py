# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PG02: every slot is at work. Work is never ended; more room is a person's decision."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
RAISE = {"approve": "raise_max_connections"}
# An application as it is: a statement, then a pause that is no idleness.
THINKING = "SELECT count(*) FROM orders;\n\\sleep 300 ms\n"


def test_work_is_never_ended(drill: Any, crowd: Any) -> None:
    case = drill()
    case.healthy(**RAISE)
    opened = crowd.open(state="active")

    for done in (case.unchanged(), case.refused(**RAISE)):
        assert (done.outcome, done.rc != 0) == ("refused", True)
        assert done.finding("postgresql_connections")["reason"] == "active_load"
        assert done.planned("end_sessions")["status"] == "not_needed"
        raised = done.planned("raise_max_connections")
        assert "ALTER SYSTEM SET max_connections = 30" in raised["why"]
        assert "platform external" in done.report["next_step"]
    assert crowd.alive() == set(opened)


@pytest.fixture
def pgbench(quiet: Any, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    script = tmp_path / "thinking.sql"
    script.write_text(THINKING)
    way = quiet.dsn("app")
    command = [
        str(programs.folder(quiet) / "pgbench"),
        "-n",
        "-f",
        str(script),
        "-c",
        str(lab.FULL),
        "-T",
        "600",
    ]
    command += ["-h", way["host"], "-p", str(way["port"]), "-U", "app", way["dbname"]]
    environment = {"PGPASSWORD": way["password"], "PATH": "/usr/bin:/bin"}
    log = tmp_path / "pgbench.log"
    process = None
    for _try in range(20):
        if process is None or process.poll() is not None:
            with log.open("w") as output:
                process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        # Whoever counts them takes a slot, too; pgbench that finds one missing gives up.
        time.sleep(0.5)
        if quiet.sessions() == lab.FULL:
            break
    else:
        raise AssertionError(log.read_text())
    yield process
    process.terminate()
    process.wait(10)


def test_a_pause_between_two_statements_is_work(drill: Any, pgbench: Any) -> None:
    case = drill()
    done = case.refused(**RAISE)
    assert done.finding("postgresql_connections")["reason"] == "active_load"
    assert pgbench.poll() is None
