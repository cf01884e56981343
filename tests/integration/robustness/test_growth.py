# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ten times as much to look at takes less than twice the time, and less than twice the memory here.

The same of a cache's keys and a queue's jobs is with the other tests of those.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
# Measured against the clock, and memory: on a machine that does nothing else.
pytestmark = pytest.mark.soak

# Runs the command, and says what its largest process had in memory, in KiB.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.stdout + done.stderr if done.returncode else 0)
"""
OLD_S = 60 * 86400


@dataclass(frozen=True)
class Cost:
    seconds: float
    memory: int


def cost(site: Any, playbook: str, **variables: Any) -> Cost:
    """Of a diagnosis; the quicker of two runs, because the machine does other things, too."""
    command = site.command(playbook, *rig.extra(variables), "--check")
    costs = []
    for _time in range(2):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *command],
            cwd=harness.ROOT, env=site.environment(), text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        costs.append(Cost(time.monotonic() - began, int(done.stdout)))
    return min(costs, key=lambda one: one.seconds)


def proven_to_grow_less(measured: Callable[[int], Cost], some: int) -> None:
    few, many = measured(some), measured(10 * some)
    assert many.seconds < 2 * few.seconds
    assert many.memory < 2 * few.memory


@pytest.fixture
def large(tmp_path: Path) -> Iterator[rig.Lane]:
    """A server with room for many sessions."""
    tmp_path.chmod(0o755)
    server = lab.start(tmp_path / "postgres")
    with server.connect() as connection:
        connection.execute("ALTER SYSTEM SET max_connections = 800")
    lab.restart(server.directory)
    made = rig.Lane(server, tmp_path / "sites")
    made.folder.mkdir()
    yield made
    made.crowd.leave()
    lab.stop(server.directory, delete=True)


def test_sessions(large: rig.Lane) -> None:
    site = large.site("site")

    def measured(number: int) -> Cost:
        large.crowd.open(number - len(large.crowd.held))
        found = cost(site, "db_connection_exhausted", service="db", idle_seconds=1)
        report = json.loads(max(site.reports(), key=os.path.getmtime).read_text())
        used = next(one for one in report["findings"] if one["check"] == "postgresql_connections")
        assert f"{number} of " in used["summary"]
        return found

    proven_to_grow_less(measured, 60)


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of one's own needs root")
def test_files(tmp_path: Path) -> None:
    """On file systems of the same fullness, because what is full is looked at closer."""
    proven_to_grow_less(lambda number: of_files(tmp_path / str(number), number), 3_000)


def of_files(folder: Path, number: int) -> Cost:
    folder.mkdir()
    room = f"size={number * 8}k,nr_inodes={number + number // 50}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", room, "none", str(folder)], check=True)
    try:
        logs = folder / "log"
        logs.mkdir()
        then = time.time() - OLD_S
        for n in range(number):
            path = logs / f"app.log.{n}"
            path.write_bytes(b"x")
            os.utime(path, (then, then))
        rule = {"dir": str(logs), "pattern": "app.log.*", "older_than_days": 7}
        entry = {
            "kind": "http", "platform": "command", "command": {"status": ["true"]},
            "disk": {"filesystems": [str(folder)], "clean": [rule]},
        }  # fmt: skip
        site = harness.make_site(folder.with_name(f"site-{number}"), {"api": entry})
        return cost(site, "disk_full", service="api")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
