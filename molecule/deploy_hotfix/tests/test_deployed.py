# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "done", "healthy"]


def test_that_it_was_sick_before_is_said(reports: list[Report]) -> None:
    (entry,) = reports[0]["plan"]
    assert entry["action"] == "deploy_release" and "it is not well now" in entry["why"]


def test_one_change_that_can_be_undone(reports: list[Report]) -> None:
    assert [len(report["changes"]) for report in reports] == [0, 1, 0]
    (change,) = reports[1]["changes"]
    assert (change["risk"], change["status"]) == ("disruptive", "made")
    assert change["undo"]["how"]["parameters"]["release"] == "1"


def test_the_release_runs_and_answers(api: Report, answer: int) -> None:
    assert (api["current"], answer) == ("2", 200)
