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


def test_only_keys_of_the_cache_went(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == (
        "unlink_cache",
        "disruptive",
        "made",
    )
    assert change["after"]["unlinked"] > 0
    assert not reports[0]["changes"] and not reports[2]["changes"]
    before = json.loads((FOLDER / "baseline.json").read_text())
    assert redis_server.load(FOLDER).digest(but="cache:") == before


def test_it_takes_writes_again() -> None:
    with redis_server.load(FOLDER).client() as connection:
        assert connection.set("sess:new", "x" * 1000)
