# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a run, from the lines of its incident's journal."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.changes import changes
from ansible_collections.oncall.runbooks.plugins.module_utils.outcome import (
    CHANGES,
    next_step,
    outcome_of_run,
    outcomes_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.report.events import timeline
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import elapsed, not_ok

VERSION = 1
CHANGE_FIELDS = (
    "number",
    "action",
    "service",
    "risk",
    "because",
    "summary",
    "before",
    "after",
    "undo",
    "expires_at",
    "reverted_at",
    "status",
    "message",
)
Line = dict[str, Any]


def build(lines: list[Line], run: str, *, journal: dict[str, Any]) -> dict[str, Any]:
    """One run's report. `lines` are the whole incident's; `journal` is `{path, lines, head}`."""
    ours = [line for line in lines if line["run"] == run]
    opened = next((line["data"] for line in ours if line["type"] == "run_opened"), None)
    if opened is None:
        raise ValueError(f"the journal {journal['path']} has no run {run}")
    outcomes = outcomes_of(ours)
    verification = _verification(ours)
    started_at = opened["started_at"]
    ended_at = next((line["at"] for line in ours if line["type"] == "run_closed"), None)
    report = {
        "version": VERSION,
        "incident": PurePath(journal["path"]).parent.name,  # the folder is named after it
        "run": run,
        "scenario": opened["scenario"],
        "services": list(outcomes),
        "environment": opened["environment"],
        "check_mode": opened["check_mode"],
        "severity": opened["severity"],
        "outcome": outcome_of_run(ours),
        "outcomes": outcomes,
        "next_step": "",
        "findings": _first_diagnosis(ours),
        "causes": _newest(ours, "causes", "causes"),
        "plan": _newest(ours, "plan", "entries"),
        "changes": changes_of(lines, run),
        "verification": verification,
        "evidence": [_evidence(line["data"]) for line in ours if line["type"] == "evidence"],
        "journal": {key: journal[key] for key in ("path", "lines", "head")},
        "timeline": timeline(ours),
        "started_at": started_at,
        "detected_at": _detected_at(ours),
        "ended_at": ended_at,
        "duration_s": elapsed(started_at, ended_at),
        "time_to_healthy_s": elapsed(started_at, verification["first_healthy_at"]),
    }
    report["next_step"] = next_step(report)
    return report


def changes_of(lines: list[Line], run: str) -> list[dict[str, Any]]:
    """The changes a run made or reverted, each as the whole journal leaves it."""
    touched = {
        line["data"]["number"] for line in lines if line["run"] == run and line["type"] in CHANGES
    }
    return [
        {key: change[key] for key in CHANGE_FIELDS}
        for change in changes(lines)
        if change["number"] in touched
    ]


def _first_diagnosis(lines: list[Line]) -> list[dict[str, Any]]:
    first: dict[str | None, list[dict[str, Any]]] = {}
    for line in lines:
        if line["type"] == "findings" and line["data"]["stage"] == "diagnosis":
            first.setdefault(line["service"], line["data"]["findings"])
    return [finding for findings in first.values() for finding in findings]


def _newest(lines: list[Line], kind: str, key: str, stage: str | None = None) -> list[Any]:
    """Each service's newest list of a kind, one after the other."""
    newest = {
        line["service"]: line["data"][key]
        for line in lines
        if line["type"] == kind and stage in (None, line["data"].get("stage"))
    }
    return [item for items in newest.values() for item in items]


def _verification(lines: list[Line]) -> dict[str, Any]:
    """All services' verifications as one: it is as good as the worst of them."""
    newest = {line["service"]: line["data"] for line in lines if line["type"] == "verification"}
    done = [data for data in newest.values() if data["status"] != "not_needed"]
    verified = bool(done) and all(data["status"] == "verified" for data in done)
    return {
        "status": _status(lines, [data["status"] for data in done]),
        "attempts": max((data["attempts"] for data in done), default=0),
        "first_healthy_at": max(data["first_healthy_at"] for data in done) if verified else None,
        "held_s": min(data["held_s"] for data in done) if verified else None,
        **_foretold(done),
        "findings": _newest(lines, "findings", "findings", stage="verification"),
    }


def _foretold(done: list[dict[str, Any]]) -> dict[str, Any]:
    """Of what took longest: how long it was to take at first, and how long it took."""
    told = [data for data in done if data.get("took_s") is not None]
    longest = max(told, key=lambda data: float(data["took_s"]), default={})
    return {key: longest.get(key) for key in ("estimated_s", "took_s")}


def _status(lines: list[Line], statuses: list[str]) -> str | None:
    if statuses:
        return "failed" if "failed" in statuses else "verified"
    # Changed and never looked at again: neither verified nor failed.
    return None if any(line["type"] in CHANGES for line in lines) else "not_needed"


def _evidence(data: dict[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in ("path", "sha256", "bytes", "what")}


def _detected_at(lines: list[Line]) -> str | None:
    return next(
        (
            line["at"]
            for line in lines
            if line["type"] == "findings" and not_ok(line["data"]["findings"])
        ),
        None,
    )
