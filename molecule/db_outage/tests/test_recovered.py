# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_check_mode_planned_and_changed_nothing(reports: list[Report]) -> None:
    assert reports[0]["check_mode"] and reports[0]["changes"] == []


def test_the_diagnosis_names_the_cause(reports: list[Report]) -> None:
    crit = {(f["check"], f["reason"]) for f in reports[1]["findings"] if f["severity"] == "crit"}
    assert {("postgresql_access", "refused"), ("workload", "stopped")} <= crit


def test_it_was_started_and_that_can_be_undone(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == ("start_service", "safe", "made")
    assert change["undo"]["how"]["action"] == "stop_service"
    assert reports[1]["verification"]["status"] == "verified"


def test_nothing_was_done_to_a_healthy_server(reports: list[Report]) -> None:
    assert reports[2]["changes"] == []


def test_it_runs_and_its_data_is_what_it_was(server: postgres.Server, baseline: Report) -> None:
    assert server.running() and server.checksum() == baseline["checksum"]
