# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_the_diagnosis_tells_what_it_answered(reports: list[Report]) -> None:
    crit = [f for f in reports[1]["findings"] if f["severity"] == "crit"]
    assert [(f["check"], f["reason"]) for f in crit] == [("health", "wrong_status")]


def test_one_restart_with_the_logs_kept_before_it(reports: list[Report]) -> None:
    assert [len(report["changes"]) for report in reports] == [0, 1, 0]
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == (
        "restart_service",
        "safe",
        "made",
    )
    assert "logs" in [item["what"] for item in reports[1]["evidence"]]


def test_it_answers_again(answer: int) -> None:
    assert answer == 200
