# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

Report = dict[str, Any]
VOLUME = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "volume"


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_the_oldest_logs_went_and_nothing_else(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["risk"], change["status"]) == (
        "clean_directory",
        "safe",
        "made",
    )
    assert change["after"]["freed_bytes"] == change["after"]["deleted"] * 2**20
    assert not reports[0]["changes"] and not reports[2]["changes"]
    left = {path.name for path in (VOLUME / "log").iterdir()}
    assert {f"app.log.{day}" for day in range(1, 8)} <= left
    assert (VOLUME / "data" / "shop.db").stat().st_size == 8 * 2**20


def test_there_is_room_again() -> None:
    told = os.statvfs(VOLUME)
    assert told.f_bavail / told.f_blocks > 0.15
