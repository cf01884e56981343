# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import redis_server

Report = dict[str, Any]
FOLDER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "redis"


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_it_was_started_because_nobody_listened(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == ("start_service", "safe", "made")
    assert change["because"] == {"check": "redis_access", "reason": "refused"}
    assert reports[1]["verification"]["status"] == "verified"
    assert not reports[0]["changes"] and not reports[2]["changes"]


def test_its_keys_are_what_they_were() -> None:
    before = json.loads((FOLDER / "baseline.json").read_text())
    assert redis_server.load(FOLDER).digest() == before
