# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Report = dict[str, Any]
FOLDER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "payments"


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_it_was_paused_reconciled_and_resumed(reports: list[Report]) -> None:
    actions = [change["action"] for change in reports[1]["changes"]]
    assert actions == ["pause_processing", "reconcile_payments", "resume_payouts"]
    assert not reports[0]["changes"] and not reports[2]["changes"]


def test_it_was_paid_once_and_the_books_know() -> None:
    books = json.loads((FOLDER / "books.json").read_text())
    assert (books["paused"], [one["status"] for one in books["payments"]]) == (False, ["paid"])
