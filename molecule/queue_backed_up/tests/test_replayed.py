# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import bullmq, redis_server

Report = dict[str, Any]
FOLDER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "redis"


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_the_jobs_were_replayed(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == (
        "replay_failed",
        "disruptive",
        "made",
    )
    assert change["after"]["replayed"] == 120
    assert not reports[0]["changes"] and not reports[2]["changes"]


def test_each_succeeded_once() -> None:
    server = redis_server.load(FOLDER)
    said = bullmq.idle(server)
    assert (said["failed"], said["completed"]) == (0, 120)
    assert sorted(bullmq.ledger(server).values()) == [1] * 120
