# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_check_mode_runs_no_command(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "healthy", "healthy"]
    assert [found["reason"] for found in reports[0]["findings"]] == ["not_run"]


def test_the_path_was_walked(reports: list[Report], server: postgres.Server) -> None:
    assert server.running()
    for report in reports[1:]:
        (found,) = report["findings"]
        assert (found["check"], found["severity"]) == ("smoke", "ok")
        assert found["value"] > 0
