# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_one_step_back_that_can_be_undone(reports: list[Report]) -> None:
    assert [len(report["changes"]) for report in reports] == [0, 1, 0]
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == (
        "roll_back",
        "disruptive",
        "made",
    )
    assert change["undo"]["how"]["parameters"]["release"] == "2"


def test_the_release_before_runs_and_the_bad_one_is_kept(api: Report, answer: int) -> None:
    assert (api["current"], answer) == ("1", 200)
    assert [release["name"] for release in api["releases"]] == ["2", "1"]
