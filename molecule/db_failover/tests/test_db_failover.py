# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://db"]

CLUSTER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent"), "cluster")
Report = dict[str, Any]


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "attention"]


def test_check_mode_planned_and_changed_nothing(reports: list[Report]) -> None:
    assert reports[0]["check_mode"] and reports[0]["changes"] == []
    assert reports[0]["findings"][0]["reason"] == "primary_down_promotable"


def test_the_standby_was_promoted_behind_a_fence(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"]) == ("promote_replica", "destructive")
    assert change["after"]["timeline"] == 2 and "none" in change["undo"]
    assert reports[1]["verification"]["status"] == "verified"


def test_the_second_run_found_it_moved(reports: list[Report]) -> None:
    assert reports[2]["changes"] == [] and reports[2]["findings"][0]["reason"] == "moved"


def test_one_server_takes_writes_and_the_other_cannot_start() -> None:
    standby, primary = postgres.load(CLUSTER / "db-replica-1"), postgres.load(CLUSTER / "db")
    assert standby.query("SELECT pg_is_in_recovery()") == [(False,)]
    assert standby.query("SELECT count(*) FROM orders") == [(1000,)]
    assert not primary.running() and not (primary.data_dir / "postgresql.conf").exists()
