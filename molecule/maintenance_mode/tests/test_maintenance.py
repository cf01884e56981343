# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    # The last one finds it as it was asked for, and says that it is still so.
    assert [report["outcome"] for report in reports] == ["planned", "done", "attention"]
    assert "own_mitigation_active" in [f["reason"] for f in reports[2]["findings"]]


def test_it_has_an_expiry_and_a_way_back(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["status"]) == ("enter_maintenance", "made")
    assert change["expires_at"] > reports[1]["ended_at"]
    assert change["undo"]["how"]["action"] == "leave_maintenance"


def test_it_is_in_maintenance(answer: int) -> None:
    assert answer == 503
