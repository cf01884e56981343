# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]
SESSIONS = (
    "SELECT application_name, state, wait_event_type FROM pg_stat_activity WHERE usename = 'app'"
)


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_check_mode_planned_and_changed_nothing(reports: list[Report]) -> None:
    assert reports[0]["check_mode"] and reports[0]["changes"] == []
    planned = [e["action"] for e in reports[0]["plan"] if e["status"] == "planned"]
    assert planned == ["stop_sessions"]


def test_the_diagnosis_names_the_cause(reports: list[Report]) -> None:
    crit = [finding for finding in reports[1]["findings"] if finding["severity"] == "crit"]
    assert [finding["reason"] for finding in crit] == ["blocking_idle_in_tx"]
    assert "application forgetful" in crit[0]["summary"]
    assert "5 sessions waiting" in crit[0]["summary"]


def test_only_the_root_was_ended(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == ("stop_sessions", "safe", "made")
    assert change["after"]["cancelled"] == []
    (ended,) = change["after"]["ended"]
    assert ended["application"] == "forgetful"


def test_the_recovery_was_verified(reports: list[Report]) -> None:
    assert reports[1]["verification"]["status"] == "verified"


def test_nothing_was_done_to_a_healthy_server(reports: list[Report]) -> None:
    assert reports[2]["changes"] == []


def test_who_waited_went_on(server: postgres.Server) -> None:
    assert server.query(SESSIONS) == [("checkout", "idle", "Client")] * 5


def test_the_data_is_what_it_was(server: postgres.Server, baseline: Report) -> None:
    assert server.checksum() == baseline["checksum"]
