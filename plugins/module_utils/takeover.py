# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run that was cut off has left: its open intents are marked, so that none stays 'unknown'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.changes import ENDS
from ansible_collections.oncall.runbooks.plugins.module_utils.incident import lines_of
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal


def open_intents(lines: list[dict[str, Any]], run: str, service: str) -> list[dict[str, Any]]:
    """Changes that a run announced for a service and of which it said nothing more."""
    own = lines_of(lines, run, service)
    ended = {line["data"]["number"] for line in own if line["type"] in ENDS}
    return [
        line
        for line in own
        if line["type"] == "change_intended" and line["data"]["number"] not in ended
    ]


def settle(state_dir: str, owner: dict[str, Any], by: str, service: str) -> str:
    """Close the open intents of a run that lost a service; what to say of them.

    Only those of this service: of another one the run may still hold the lock, and be at work.

    Whether the change was made is for the fresh reading to tell, so the line says only
    that the run was cut off there.
    """
    journal = Journal(Path(state_dir) / "incidents" / owner["incident"] / "journal.jsonl")
    cut_off = open_intents(journal.read(), owner["run"], service)
    for line in cut_off:
        message = f"the run was cut off here ({owner['why']}); run {by} read the service again and went on"
        journal.append(
            owner["run"],
            "change_cut_off",
            {"number": line["data"]["number"], "message": message},
            line["service"],
        )
    if not cut_off:
        return ""
    return f"; it was cut off during {', '.join(line['data']['action'] for line in cut_off)}"
