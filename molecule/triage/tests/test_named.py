# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_each_run_says_the_same(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["attention"] * 3


def test_the_cause_is_named_with_the_playbook_for_it(reports: list[Report]) -> None:
    for report in reports:
        (cause,) = report["causes"]
        assert cause["service"] == "db"
        assert cause["because"]["check"] == "postgresql_connections"
        assert cause["playbook"] == "db_connection_exhausted"
        assert "db_connection_exhausted.yml" in cause["command"]


def test_nothing_was_changed(server: postgres.Server, reports: list[Report]) -> None:
    assert server.sessions("app") == 14
    assert not any(report["changes"] or report["plan"] for report in reports)
