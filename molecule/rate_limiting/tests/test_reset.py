# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

Report = dict[str, Any]
FOLDER = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent"))


def test_one_client_was_let_in_again(reports: list[Report]) -> None:
    checked, real, again = reports
    assert (checked["outcome"], real["outcome"]) == ("planned", "recovered")
    (change,) = real["changes"]
    assert (change["action"], change["risk"], change["status"]) == ("reset_client", "safe", "made")
    assert change["after"]["unlinked"] == 1
    # That many were refused is in the log of that time.
    assert again["outcome"] in ("healthy", "attention")
    assert not checked["changes"] and not again["changes"]


def test_only_that_ones_counter_went(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    listing = FOLDER / "state" / "incidents" / reports[1]["incident"] / change["after"]["listing"]
    assert listing.read_text() == "rate_limit:203.0.113.7\n"
