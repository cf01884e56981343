# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Report = dict[str, Any]
FOLDER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "index"


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_only_the_worker_was_restarted_and_once(reports: list[Report]) -> None:
    assert [change["action"] for change in reports[1]["changes"]] == ["restart_service"]
    assert json.loads((FOLDER / "index.json").read_text())["restarts"] == 1
