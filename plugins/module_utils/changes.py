# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The changes of an incident as its journal tells them, and which of them can still be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal

Change = dict[str, Any]
UNTOUCHED = {"none": "it failed before anything was changed"}
ENDS = ("change_made", "change_failed", "change_cut_off", "change_reverted")


def changes(lines: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Every announced change with what became of it, in order of their numbers."""
    found: dict[int, Change] = {}
    for line in lines:
        data = line["data"]
        if line["type"] in ENDS and data["number"] not in found:
            continue  # the end of a change that this journal does not hold
        if line["type"] == "change_intended":
            found[data["number"]] = {
                **data,
                "after": None,
                "message": None,
                "reverted_at": None,
                "run": line["run"],
                "at": line["at"],
            }
        elif line["type"] == "change_made":
            found[data["number"]].update(after=data["after"], status="made")
        elif line["type"] == "change_failed":
            found[data["number"]].update(message=data["message"], status="failed")
            if data.get("untouched"):
                found[data["number"]]["undo"] = dict(UNTOUCHED)
        elif line["type"] == "change_cut_off":
            found[data["number"]].update(message=data["message"], status="cut_off")
        elif line["type"] == "change_reverted":
            found[data["number"]].update(reverted_at=line["at"], status="reverted")
    return list(found.values())


def can_be_undone(change: Change) -> bool:
    """One whose outcome is unknown counts, and one that failed on its way: it may have taken effect."""
    return "how" in change["undo"] and change["status"] != "reverted"


def expired(change: Change, now: str) -> bool:
    return change["expires_at"] is not None and change["expires_at"] <= now


def open_changes(
    state_dir: Path, service: str, incident: str | None, beside: undos.Beside = undos.NOTHING
) -> list[Change]:
    """What can be undone for a service: of one incident, or of all; the newest first.

    Beside the service's lock lies what other control nodes changed, and what they undid.
    """
    folder = state_dir / "incidents"
    names = (
        [incident] if incident else sorted(path.name for path in folder.glob("*/") if path.is_dir())
    )
    own = [
        {**change, "incident": name}
        for name in names
        for change in changes(Journal(folder / name / "journal.jsonl").read())
        if change["service"] == service
    ]
    theirs = [
        one
        for one in elsewhere(own, beside, service)
        if incident is None or one["incident"] == incident
    ]
    found = undos.still_open([one for one in own if can_be_undone(one)], beside.undone) + theirs
    return sorted(found, key=lambda change: change["at"], reverse=True)


def elsewhere(own: Iterable[Change], beside: undos.Beside, service: str) -> list[Change]:
    """What lies beside the lock and is in no journal here."""
    known = {(undos.key(one), one["run"]) for one in own}
    return [
        undos.change_of(one, service)
        for one in beside.undos
        if (undos.key(one), one["run"]) not in known
    ]
