# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_each_run_told_and_changed_nothing(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["attention"] * 3
    assert all(report["changes"] == report["plan"] == [] for report in reports)


def test_what_was_cut_off_is_named_and_the_whole_one_counts(reports: list[Report]) -> None:
    for report in reports:
        found = {(one["severity"], one["reason"]) for one in report["findings"]}
        assert found == {("warn", "backup_unfinished"), ("ok", "ok")}
        told = " ".join(one["summary"] for one in report["findings"])
        assert "/half was not finished" in told and "first of" in told
        assert "a point in time from" in told
