# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "done", "healthy"]


def test_check_mode_planned_and_changed_nothing(reports: list[Report]) -> None:
    assert reports[0]["check_mode"] and reports[0]["changes"] == []
    assert [entry["action"] for entry in reports[0]["plan"]] == ["restore_copy"]


def test_a_copy_was_made_and_nothing_else(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == ("restore_copy", "safe", "made")
    assert "pg_ctl -D" in change["undo"]["none"]
    assert reports[1]["verification"]["status"] == "verified"


def test_the_second_run_found_it_there(reports: list[Report]) -> None:
    assert reports[2]["changes"] == []


def test_the_copy_is_as_it_was_before_and_the_live_server_untouched(reports: list[Report]) -> None:
    made = reports[1]["changes"][0]["after"]
    live = postgres.load(Path(made["directory"]).parent / "db")
    copy = dataclasses.replace(live, port=made["port"])
    assert copy.query("SELECT count(*) FROM orders WHERE cents = id * 37 % 10000") == [(1000,)]
    assert copy.query("SHOW transaction_read_only") == [("on",)]
    assert live.query("SELECT count(*) FROM orders WHERE cents = 0") == [(1000,)]
