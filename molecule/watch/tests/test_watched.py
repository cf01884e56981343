# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def test_it_stayed_well_for_the_whole_time(reports: list[Report], server: postgres.Server) -> None:
    assert server.running()
    for report in reports:
        assert report["outcome"] == "healthy"
        assert report["duration_s"] >= 60
        (found,) = (one for one in report["findings"] if one["service"] == "db")
        assert found["summary"].startswith("0 of 5 looks failed")
