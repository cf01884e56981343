# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as Markdown: the record to paste into a ticket or a post-mortem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.changes import can_be_undone
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import (
    NOTHING,
    approve_command,
    clock,
    duration,
    elapsed,
    figure,
    inline,
    moment,
    pairs,
    revert_command,
    visible,
)

Report = dict[str, Any]
# `_` between two letters and `:` without `//` are harmless, and names read better as they are.
SPECIAL = re.compile(
    r"^[#+=-]|[\\`*\[\]{}|~$!]|(?<=\{)[%#]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=[wW])\."
)
ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
# What a code span may hold as it is: no backtick, no pipe, nothing a template engine knows.
PLAIN = re.compile(r"[\w.@=:/,+%'\" -]+")
LIST_LIMIT = 20


def render(report: Report) -> str:
    """The incident record. Every text from outside is escaped by text() or code()."""
    sections = (
        _summary,
        _causes,
        _timeline,
        _readings,
        _findings,
        _plan,
        _changes,
        _evidence,
        _journal,
    )
    return "\n".join(line for section in sections for line in section(report)) + "\n"


def text(value: object) -> str:
    """Any value as words: no markup, no HTML, no link, no table cell of its own."""
    return SPECIAL.sub(r"\\\g<0>", visible(value)).translate(ENTITIES)


def code(value: object) -> str:
    """A name in a code span, or, where its characters could end the span, as escaped text."""
    line = visible(value).strip()
    return f"`{line}`" if PLAIN.fullmatch(line) else text(line) or NOTHING


def _table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """`rows` are escaped already."""
    yield _row(head)
    yield _row("---" for _unused in head)
    for row in rows:
        yield _row(row)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _summary(report: Report) -> Iterator[str]:
    yield f"# Incident {text(report['incident'])}: {report['outcome'].replace('_', ' ')}"
    yield ""
    yield f"**Next step:** {text(report['next_step'])}"
    yield ""
    if report["check_mode"]:
        yield from ("Check mode: nothing was changed.", "")
    if not report["ended_at"]:
        yield from ("The journal has no end of this run: it was cut off, or it is under way.", "")
    yield from _table(
        ("", ""),
        (
            ("Scenario", code(report["scenario"])),
            (
                "Services",
                ", ".join(f"{code(n)} {o}" for n, o in report["outcomes"].items()) or NOTHING,
            ),
            ("Environment", text(report["environment"])),
            ("Severity", text(figure(report["severity"]))),
            ("Started", moment(report["started_at"])),
            ("Detected", moment(report["detected_at"])),
            ("Ended", moment(report["ended_at"])),
            ("Duration", duration(report["duration_s"])),
            ("Time to healthy", duration(report["time_to_healthy_s"])),
            ("Run", code(report["run"])),
        ),
    )


def _causes(report: Report) -> Iterator[str]:
    if not report["causes"]:
        return
    yield from ("## Where to begin", "")
    for cause in report["causes"]:
        yield f"{cause['rank']}. **{text(cause['service'])}** ({cause['certainty']}): {text(cause['summary'])}"
        fallen = ", ".join(code(name) for name in cause["affects"])
        parts = [f"it takes {fallen} with it" if fallen else "", text(cause["why"])]
        said = "; ".join(part for part in parts if part)
        if said:
            yield f"   {said}"
        if cause["command"]:
            yield from ("", f"   {code(cause['command'])}", "")
    yield ""


def _timeline(report: Report) -> Iterator[str]:
    yield from ("## Timeline", "")
    yield from _table(
        ("UTC", "After", "Service", "Event"),
        (
            (
                clock(event["at"]),
                duration(elapsed(report["started_at"], event["at"])),
                code(event["service"]) if event["service"] else NOTHING,
                text(event["text"]),
            )
            for event in report["timeline"]
        ),
    )


def _readings(report: Report) -> Iterator[str]:
    rows = [pair for pair in pairs(report) if pair["before"] and pair["after"]]
    if not rows:
        return
    yield from ("## Before and after", "")
    yield from _table(
        ("Service", "Check", "Before", "After"),
        (
            (code(r["service"]), code(r["check"]), _reading(r["before"]), _reading(r["after"]))
            for r in rows
        ),
    )


def _reading(finding: Mapping[str, Any]) -> str:
    value = "" if finding["value"] is None else f", {_value(finding)}"
    return f"{text(finding['severity'])}{value} ({code(finding['reason'])})"


def _value(finding: Mapping[str, Any]) -> str:
    value = text(figure(finding["value"], finding["unit"]))
    if finding["threshold"] is None:
        return value
    return f"{value}, threshold {text(figure(finding['threshold'], finding['unit']))}"


def _findings(report: Report) -> Iterator[str]:
    for title, findings in (
        ("Findings", report["findings"]),
        ("Findings at the last reading", report["verification"]["findings"]),
    ):
        if not findings:
            continue
        yield from (f"## {title}", "")
        yield from _table(
            ("Severity", "Service", "Check", "Reason", "Value", "Summary", "Evidence"),
            (
                (
                    f"**{text(f['severity'])}**" if f["severity"] != "ok" else "ok",
                    code(f["service"]),
                    code(f["check"]),
                    code(f["reason"]),
                    _value(f),
                    text(f["summary"]),
                    code(f["evidence"]) if f["evidence"] else NOTHING,
                )
                for f in findings
            ),
        )


def _plan(report: Report) -> Iterator[str]:
    if not report["plan"]:
        return
    yield from ("## Plan", "")
    yield from _table(
        ("Status", "Phase", "Action", "Service", "Risk", "Because", "What it does", "Why"),
        (
            (
                f"**{text(e['status'].replace('_', ' '))}**",
                text(e["phase"]),
                code(e["action"]),
                code(e["service"]),
                text(e["risk"]),
                f"{code(e['because']['check'])} {code(e['because']['reason'])}",
                text(e["summary"]),
                text(e["why"]),
            )
            for e in report["plan"]
        ),
    )
    for entry in report["plan"]:
        if entry["approve_with"]:
            yield f"To allow {code(entry['action'])}: {code(approve_command(report, entry))}"
            yield ""


def _changes(report: Report) -> Iterator[str]:
    yield from ("## Changes", "")
    if not report["changes"]:
        yield from ("Nothing was changed.", "")
    for change in report["changes"]:
        action, service, because = change["action"], change["service"], change["because"]
        yield f"### {change['number']}. {code(action)} on {code(service)}: {change['status']}"
        yield ""
        yield text(f"What: {change['summary']}")
        yield ""
        yield f"- Because: {code(because['check'])} {code(because['reason'])}"
        yield f"- Risk: {text(change['risk'])}"
        yield from _facts("Before", change["before"])
        yield from _facts("After", change["after"])
        yield f"- Undo: {_undo(report, change)}"
        if change["expires_at"]:
            yield f"- Expires: {moment(change['expires_at'])}"
        yield ""


def _undo(report: Report, change: Mapping[str, Any]) -> str:
    undo = change["undo"]
    if not undo.get("how"):
        return f"none: {text(undo.get('none') or 'no way is recorded')}"
    if change["reverted_at"]:
        return f"reverted at {moment(change['reverted_at'])}"
    if not can_be_undone(dict(change)):
        return text(undo["how"]["summary"])
    return f"{text(undo['how']['summary'])}: {code(revert_command(report, dict(change)))}"


def _facts(title: str, value: Mapping[str, Any] | None) -> Iterator[str]:
    if not value:
        return
    plain = {key: item for key, item in value.items() if not isinstance(item, list)}
    yield f"- {title}: {text(inline(plain))}" if plain else f"- {title}:"
    for key, items in value.items():
        if isinstance(items, list):
            yield f"  - {text(key)}: {len(items)}"
            yield from (f"    - {text(inline(item))}" for item in items[:LIST_LIMIT])
            if len(items) > LIST_LIMIT:
                yield f"    - and {len(items) - LIST_LIMIT} more, in the journal"


def _evidence(report: Report) -> Iterator[str]:
    if not report["evidence"]:
        return
    yield from ("## Evidence", "")
    yield from _table(
        ("What", "Path", "Size", "SHA-256"),
        (
            (text(e["what"]), code(e["path"]), figure(e["bytes"], "bytes"), code(e["sha256"]))
            for e in report["evidence"]
        ),
    )


def _journal(report: Report) -> Iterator[str]:
    journal = report["journal"]
    yield from ("## Journal", "")
    yield f"{code(journal['path'])}, {journal['lines']} lines, head {code(journal['head'])}"
