# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    # The last one finds it as it was asked for, and says that it is still so.
    assert [report["outcome"] for report in reports] == ["planned", "done", "attention"]


def test_it_ends_only_when_a_person_says_so(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["status"]) == ("pause_processing", "made")
    assert change["undo"]["how"]["on_expiry"] == "page"


def test_the_service_itself_runs_on(answer: int, api: Report, reports: list[Report]) -> None:
    assert answer == 200
    assert api["instances"][0]["started_at"] < reports[1]["started_at"]
