# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_the_root_is_named(reports: list[Report]) -> None:
    down = [f for f in reports[1]["findings"] if f["reason"] == "dependency_down"]
    assert [(f["service"], f["value"]) for f in down] == [("api", "db")]


def test_only_the_database_was_started(reports: list[Report], api: Report, answer: int) -> None:
    assert [(c["service"], c["action"]) for c in reports[1]["changes"]] == [("db", "start_service")]
    assert answer == 200
    assert api["instances"][0]["started_at"] < reports[1]["started_at"]
