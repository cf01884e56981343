# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as one self-contained page: no script, and nothing fetched from elsewhere."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.oncall.runbooks.plugins.module_utils.changes import can_be_undone
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import (
    approve_command,
    clock,
    compared,
    duration,
    figure,
    inline,
    moment,
    not_ok,
    pairs,
    revert_command,
    visible,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.report.timeline import draw, numbered

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = Path(__file__).parents[3] / "roles" / "incident" / "templates" / "report.html.j2"
TONES = {
    "healthy": "ok",
    "recovered": "ok",
    "done": "ok",
    "planned": "change",
    "attention": "warn",
    "needs_approval": "warn",
    "refused": "warn",
    "locked": "warn",
    "unrecovered": "crit",
    "error": "crit",
}
HEADLINES = {
    "healthy": "Healthy",
    "recovered": "Recovered",
    "done": "Done",
    "planned": "Planned, nothing changed",
    "attention": "Needs attention",
    "needs_approval": "Needs approval",
    "refused": "Refused",
    "locked": "Locked by another run",
    "unrecovered": "Not recovered",
    "error": "Error",
}
STATUS_TONES = {
    "planned": "change",
    "needs_approval": "warn",
    "refused": "warn",
    "not_needed": "plain",
    "made": "change",
    "reverted": "plain",
    "failed": "crit",
    "intended": "crit",
    "cut_off": "warn",
}
# They plan nothing, change nothing, and have nothing to verify.
READ_ONLY = ("triage", "capture_state", "smoke_test", "watch")
CERTAINTIES = {
    "likely": "likely cause",
    "possible": "possible cause",
    "asked": "asked for, not confirmed",
}
OPEN_ROWS = 20  # longer lists of a change are folded

Report = dict[str, Any]


def render(report: Report, template: Path | str | None = None) -> str:
    """The page. `template` is for a copy elsewhere; the role's own is found by itself."""
    from markupsafe import Markup

    reads_only = report["scenario"] in READ_ONLY
    return _template(str(template or TEMPLATE)).render(
        report=report,
        tone=TONES[report["outcome"]],
        headline=headline(report),
        facts=_summary(report),
        notices=_notices(report),
        outcomes=_outcomes(report),
        drawing=Markup(draw(report)),  # draw() escapes every text it shows
        events=numbered(report),
        readings=[] if reads_only else [row for row in map(reading, pairs(report)) if row],
        reads_only=reads_only,
        causes=[_cause(report, cause) for cause in report["causes"]],
        findings=_findings(report),
        plan=[_entry(report, entry) for entry in report["plan"]],
        changes=[_change(report, change) for change in report["changes"]],
    )


@lru_cache(maxsize=4)
def _template(path: str) -> Template:
    # Imported here: a module sent to a target carries its module_utils along, and Jinja is
    # on the controller only.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: object) -> object:
        return value if isinstance(value, Markup) else visible(value)

    environment = Environment(
        loader=FileSystemLoader(Path(path).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    environment.filters.update(
        clock=clock, moment=moment, duration=duration, figure=figure, words=_words
    )
    return environment.get_template(Path(path).name)


def _words(name: str) -> str:
    return name.replace("_", " ")


def headline(report: Report) -> str:
    likely = [cause["service"] for cause in report["causes"] if cause["certainty"] == "likely"]
    if likely and report["outcome"] in ("attention", "error"):
        causes = "cause" if len(likely) == 1 else "causes"
        return f"{len(likely)} likely {causes}: {', '.join(likely[:3])}" + (
            ", …" if likely[3:] else ""
        )
    text = HEADLINES[report["outcome"]]
    took = report["time_to_healthy_s"]
    return f"{text} in {duration(took)}" if report["outcome"] == "recovered" and took else text


def _outcomes(report: Report) -> list[tuple[str, str, str]]:
    """The worst first, where there are many."""
    order = list(TONES)
    named = sorted(report["outcomes"].items(), key=lambda pair: -order.index(pair[1]))
    return [(name, outcome, TONES[outcome]) for name, outcome in named]


def _summary(report: Report) -> list[tuple[str, str]]:
    """What stands at the top, beside the outcome."""
    verification = report["verification"]
    verified = _words(verification["status"] or "never done")
    if verification["held_s"] is not None:
        verified += f", held {duration(verification['held_s'])}"
    verified += compared(verification["estimated_s"], verification["took_s"])
    recovery = [
        ("Time to healthy", duration(report["time_to_healthy_s"])),
        ("Verification", verified),
    ]
    summary = [
        ("Started", moment(report["started_at"])),
        ("Duration", duration(report["duration_s"])),
        *([] if report["scenario"] in READ_ONLY else recovery),
        ("Environment", figure(report["environment"])),
    ]
    return [*summary, ("Severity", report["severity"])] if report["severity"] else summary


def _notices(report: Report) -> list[tuple[str, str]]:
    """What a reader must not miss: a title and a sentence each."""
    notices = []
    if not report["ended_at"]:
        cut_off = "the journal has no end of this run: it was cut off, or it is under way"
        notices.append(("No end", cut_off))
    if report["check_mode"]:
        notices.append(("Check mode", "this is what the run would do; nothing was changed"))
    used = Counter(
        f"{event['service'] or 'run'}: {event['text'].partition(': ')[2]}"
        for event in report["timeline"]
        if event["kind"] == "break_glass"
    )
    for text, times in used.items():
        notices.append(("Break glass", text if times == 1 else f"{text}; {times} times"))
    return notices


def reading(pair: Mapping[str, Any]) -> dict[str, Any] | None:
    """A measured value before and after, on one scale; None for what has no number."""
    sides = [pair[side] for side in ("before", "after") if pair[side]]
    numbers = [finding[key] for finding in sides for key in ("value", "threshold")]
    values = [float(number) for number in numbers if _is_number(number)]
    if not any(_is_number(finding["value"]) for finding in sides):
        return None
    percent = sides[0]["unit"] == "percent"
    top = max(*values, 100.0) if percent else max(values) * 1.15
    return {
        "service": pair["service"],
        "check": pair["check"],
        "before": _side(pair["before"], top),
        "after": _side(pair["after"], top),
    }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _side(finding: Mapping[str, Any] | None, top: float) -> dict[str, Any] | None:
    if finding is None:
        return None
    value, threshold = finding["value"], finding["threshold"]
    top = top if top > 0 else 1.0
    return {
        "severity": finding["severity"],
        "value": figure(value, finding["unit"]),
        "threshold": None if threshold is None else figure(threshold, finding["unit"]),
        "fill": round(max(100 * value / top, 0.0), 1) if _is_number(value) else None,
        "mark": round(max(100 * threshold / top, 0.0), 1) if _is_number(threshold) else None,
    }


def _cause(report: Report, cause: dict[str, Any]) -> dict[str, Any]:
    asked = cause["certainty"] == "asked"
    fallen = [(name, report["outcomes"].get(name, "error")) for name in cause["affects"]]
    return {
        **cause,
        "tone": "plain" if asked else cause["severity"],
        "word": CERTAINTIES[cause["certainty"]],
        "fallen": [(name, TONES[outcome]) for name, outcome in fallen],
    }


def _findings(report: Report) -> list[tuple[str, list[Mapping[str, Any]]]]:
    after = report["verification"]
    last = f"Last reading, attempt {after['attempts']}" if after["attempts"] else "Last reading"
    groups = (("First diagnosis", report["findings"]), (last, after["findings"]))
    return [(title, [*not_ok(findings), *fine(findings)]) for title, findings in groups if findings]


def fine(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [finding for finding in findings if finding["severity"] == "ok"]


def _entry(report: Report, entry: dict[str, Any]) -> dict[str, Any]:
    command = approve_command(report, entry) if entry["approve_with"] else None
    return {**entry, "tone": STATUS_TONES.get(entry["status"], "plain"), "command": command}


def _change(report: Report, change: dict[str, Any]) -> dict[str, Any]:
    how = change["undo"].get("how")
    return {
        **change,
        "tone": STATUS_TONES.get(change["status"], "plain"),
        "before": facts(change["before"]),
        "after": facts(change["after"]),
        "undo": how["summary"] if how else None,
        "no_undo": None if how else change["undo"].get("none") or "no way is recorded",
        "command": revert_command(report, change) if can_be_undone(change) else None,
    }


def facts(value: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """A state as lines to show: a name with a text, or with a table."""
    return [{"name": str(name), **_fact(item)} for name, item in (value or {}).items()]


def _fact(item: object) -> dict[str, Any]:
    if isinstance(item, list) and item and all(isinstance(row, Mapping) for row in item):
        columns = list(dict.fromkeys(column for row in item for column in row))
        rows = [[figure(row.get(column)) for column in columns] for row in item]
        return {"columns": columns, "rows": rows, "open": len(rows) <= OPEN_ROWS, "text": ""}
    return {"columns": [], "rows": [], "open": True, "text": inline(item) or figure(None)}
