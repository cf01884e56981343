# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.lab import postgres
from testinfra.host import Host

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_check_mode_planned_and_changed_nothing(reports: list[Report]) -> None:
    checked = reports[0]
    assert checked["check_mode"]
    assert checked["changes"] == []
    assert "end_sessions" in [
        entry["action"] for entry in checked["plan"] if entry["status"] == "planned"
    ]


def test_the_diagnosis_names_the_cause(reports: list[Report]) -> None:
    crit = [finding for finding in reports[1]["findings"] if finding["severity"] == "crit"]
    assert "idle_sessions" in [finding["reason"] for finding in crit]


def test_one_change_was_made_and_justified(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == ("end_sessions", "safe", "made")
    assert change["because"]["reason"] == "idle_sessions"


def test_the_recovery_was_verified(reports: list[Report]) -> None:
    assert reports[1]["verification"]["status"] == "verified"
    assert all(finding["severity"] == "ok" for finding in reports[1]["verification"]["findings"])


def test_nothing_was_done_to_a_healthy_server(reports: list[Report]) -> None:
    assert reports[2]["changes"] == []


def test_the_server_kept_running_and_its_data_is_what_it_was(
    server: postgres.Server, baseline: Report
) -> None:
    assert server.checksum() == baseline["checksum"]


@pytest.mark.usefixtures("host")
def test_an_application_gets_all_its_connections_again(server: postgres.Server) -> None:
    postgres.release(server)
    postgres.exhaust(server, sessions=postgres.FULL, application_name="after")
    postgres.release(server)


def test_the_reports_are_for_their_owner_only(host: Host, reports: list[Report]) -> None:
    for report in reports:
        journal = host.file(report["journal"]["path"])
        assert journal.exists
        assert journal.mode & 0o077 == 0
