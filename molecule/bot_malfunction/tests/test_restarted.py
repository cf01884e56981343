# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.request import urlopen

Report = dict[str, Any]
FOLDER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "telegram"


def telegram() -> dict[str, Any]:
    """What the server knows of the bot."""
    url = json.loads((FOLDER / "telegram.json").read_text())["url"]
    with urlopen(f"{url}/lab/state", timeout=5) as answer:
        return dict(json.load(answer))


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["planned", "recovered", "healthy"]


def test_the_bot_was_restarted_and_nothing_else(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["status"]) == ("restart_service", "made")
    assert change["because"] == {"check": "bot_endpoint", "reason": "server_error"}
    assert not reports[0]["changes"] and not reports[2]["changes"]


def test_no_update_is_lost_and_the_webhook_is_what_it_was() -> None:
    told = telegram()
    assert (told["pending"], told["dropped"], told["secret"]) == ([], 0, "molecule-secret")
    assert len(told["sets"]) == 1
    lines = (FOLDER / "bot" / "received.jsonl").read_text().splitlines()
    assert sorted({json.loads(line)["update_id"] for line in lines}) == [1000, 1001, 1002]
