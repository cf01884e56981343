# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runbooks did to a service before this run: how often lately, and what is still to be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.changes import (
    Change,
    can_be_undone,
    changes,
    elsewhere,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal, whole_lines
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds, stamp

WINDOW_S = 3600
# Of a change that was announced and of which nothing more is known, it may be that it was made.
DONE = ("made", "failed", "cut_off", "intended", "reverted")
KEPT = ("incident", "number", "action", "at", "status", "summary", "before", "after", "expires_at")


def read(
    state_dir: Path, service: str, now: float, beside: undos.Beside = undos.NOTHING
) -> dict[str, Any]:
    """`changes` of the last hour, the newest last; `open`, whose expiry is or will be due, also
    of what other control nodes left beside the lock."""
    paths = (state_dir / "incidents").glob("*/journal.jsonl")
    own = [change for path in paths for change in of_incident(path, service)]
    recent = [
        change
        for change in own
        if now - WINDOW_S <= seconds(change["at"]) and change["status"] in DONE
    ]
    still = undos.still_open([one for one in own if can_be_undone(one)], beside.undone)
    pending = [one for one in [*still, *elsewhere(own, beside, service)] if one["expires_at"]]
    return {
        "now": stamp(now),
        "changes": sorted(map(told, recent), key=lambda change: str(change["at"])),
        "open": sorted(map(told, pending), key=lambda change: str(change["at"])),
    }


def of_incident(path: Path, service: str) -> list[Change]:
    raw = Journal(path).raw()
    # Most incidents are of other services: those are not even parsed.
    if f'"{service}"'.encode() not in raw:
        return []
    found = changes(list(whole_lines(raw)))
    return [{**one, "incident": path.parent.name} for one in found if one["service"] == service]


def told(change: Change) -> Change:
    return {**{key: change[key] for key in KEPT}, "by": change.get("by")}
