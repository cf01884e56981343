# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import services

Report = dict[str, Any]
SHOP = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "shop"


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_one_restart_with_the_logs_kept_before_it(reports: list[Report]) -> None:
    assert [len(report["changes"]) for report in reports] == [0, 1, 0]
    (change,) = reports[1]["changes"]
    assert (change["action"], change["because"]["reason"]) == ("restart_service", "near_limit")
    assert "logs" in [item["what"] for item in reports[1]["evidence"]]


def test_it_takes_little_again() -> None:
    assert max(services.memory(SHOP, "api").values()) < 100 * 2**20


def test_it_answers(answer: int) -> None:
    assert answer == 200
