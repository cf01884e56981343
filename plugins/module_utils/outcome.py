# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outcome of a run, from what its journal says, and the next step to take."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.changes import can_be_undone
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import (
    not_ok,
    revert_command,
    visible,
)

# From good to bad; the worst of several wins.
OUTCOMES = (
    "healthy",
    "recovered",
    "done",
    "planned",
    "attention",
    "needs_approval",
    "refused",
    "locked",
    "unrecovered",
    "error",
)
# Nothing was read, so nothing is known: this is no finding about the service's health.
NO_ACCESS = frozenset(
    {"auth_failed", "unreachable", "tls_failed", "database_missing", "unresponsive"}
)
CHANGES = frozenset(
    {"change_intended", "change_made", "change_failed", "change_cut_off", "change_reverted"}
)

Line = Mapping[str, Any]
Report = dict[str, Any]


def worst(outcomes: Iterable[str]) -> str:
    """The worst of several. No outcome at all, or an unknown one, is an error."""
    ranks = [OUTCOMES.index(name) if name in OUTCOMES else len(OUTCOMES) - 1 for name in outcomes]
    return OUTCOMES[max(ranks, default=len(OUTCOMES) - 1)]


def exit_ok(outcome: str, findings: Iterable[Mapping[str, Any]]) -> bool:
    if outcome == "attention":
        return not any(finding["severity"] == "crit" for finding in findings)
    return outcome in ("healthy", "recovered", "done", "planned")


def services_of(lines: Iterable[Line]) -> list[str]:
    """The services a run was opened for, then any other it wrote about."""
    names: dict[str, None] = {}
    for line in lines:
        if line["type"] == "run_opened":
            names.update(dict.fromkeys(line["data"]["services"]))
        elif line["service"] is not None:
            names.setdefault(line["service"])
    return list(names)


def of_service(lines: Iterable[Line], service: str) -> Iterator[Line]:
    """A service's own lines, and its part of the lines that concern the whole run."""
    for line in lines:
        if line["service"] == service:
            yield line
        elif line["service"] is None:
            kept = _part(line["data"], service)
            if kept is not None:
                yield {**line, "data": kept}


def _part(data: Line, service: str) -> Line | None:
    for key in ("findings", "entries"):  # the causes of a triage concern all of its services
        if key in data:
            own = [item for item in data[key] if item["service"] == service]
            return {**data, key: own} if own else None
    return data


def outcomes_of(lines: Iterable[Line]) -> dict[str, str]:
    """Outcome by service, from all lines of one run."""
    lines = list(lines)
    return {name: outcome_of(of_service(lines, name)) for name in services_of(lines)}


def outcome_of_run(lines: Iterable[Line]) -> str:
    """The outcome of a whole run. A revert that found nothing to undo has no service."""
    lines = list(lines)
    by_service = outcomes_of(lines)
    if by_service:
        return worst(by_service.values())
    return worst(_stops(lines) or (["healthy"] if _opened(lines, "scenario") == "revert" else []))


def outcome_of(lines: Iterable[Line]) -> str:
    """The outcome for one service, from its lines of the run (of_service())."""
    lines = list(lines)
    entries = _last(lines, "plan", "entries")
    stops = _stops(lines)
    told = stops + [e["status"] for e in entries if e["status"] in ("refused", "needs_approval")]
    changed = _changed(lines)
    if changed:
        return worst([*told, changed])
    return worst([*told, *_unchanged(lines, entries, bool(stops))])


def _stops(lines: list[Line]) -> list[str]:
    """What ended the run before its time."""
    failed = [line["data"].get("outcome") or "error" for line in lines if line["type"] == "failure"]
    return failed + ["locked" for line in lines if line["type"] == "lock_refused"]


def _changed(lines: list[Line]) -> str | None:
    """What came of the changes: only a verification after the last of them counts."""
    verified: bool | None = None
    for line in lines:
        if line["type"] in CHANGES:
            verified = False
        elif line["type"] == "verification" and verified is not None:
            verified = line["data"]["status"] == "verified"
    if verified is None:
        return None
    if not verified:
        return "unrecovered"
    return "done" if _opened(lines, "goal") == "request" else "recovered"


def _unchanged(lines: list[Line], entries: list[Line], stopped: bool) -> Iterator[str]:
    findings = _last(lines, "findings", "findings")
    skipped = [finding for finding in findings if finding["reason"] == "not_run"]
    if skipped and _opened(lines, "check_mode"):
        yield "planned"
        findings = [finding for finding in findings if finding not in skipped]
        if not findings:
            return
    if any(line["type"] == "causes" for line in lines):
        yield from _triaged(findings, stopped)
        return
    planned = any(entry["status"] == "planned" for entry in entries)
    unseen = any(finding["severity"] == "unknown" for finding in findings)
    if unseen and _opened(lines, "goal") == "proof":
        yield "error"
    if (findings or not stopped) and _unread(findings, entries, planned):
        yield "error"
    if planned and _opened(lines, "check_mode"):
        yield "planned"
    elif planned and not stopped:
        yield "unrecovered"
    elif findings and not_ok(_managed(findings)):
        yield "attention"
    else:
        yield "done" if findings and _opened(lines, "goal") == "work" else "healthy"


def _managed(findings: list[Line]) -> list[Line]:
    """Without what nobody here can see, which was known before and is nothing wrong."""
    return [finding for finding in findings if finding["reason"] != "not_managed"]


def _triaged(findings: list[Line], stopped: bool) -> Iterator[str]:
    """That a server does not answer is what a triage finds, not what it fails at. Of what nobody
    here can see, nothing is known, and that was known before."""
    seen = _managed(findings)
    blind = not findings or (seen and all(f["severity"] == "unknown" for f in seen))
    if blind and not stopped:
        yield "error"
    elif not_ok(findings):
        yield "attention"
    else:
        yield "healthy"


def _unread(findings: list[Line], entries: list[Line], planned: bool) -> bool:
    """Whether the run cannot say how the service is. No data is never healthy."""
    # What the plan answers is a symptom it knows, not a reading that went wrong.
    answered = [entry["because"] for entry in entries if entry["status"] != "not_needed"]
    rest = [
        finding
        for finding in findings
        if {"check": finding["check"], "reason": finding["reason"]} not in answered
    ]
    if not findings or (rest and all(finding["severity"] == "unknown" for finding in findings)):
        return True
    blind = NO_ACCESS if planned else NO_ACCESS | {"not_read"}
    return any(
        finding["severity"] in ("unknown", "crit") and finding["reason"] in blind
        for finding in rest
    )


def _last(lines: list[Line], kind: str, key: str) -> list[Any]:
    """The newest list of a kind; what is later knows more."""
    return next((line["data"][key] for line in reversed(lines) if line["type"] == kind), [])


def _opened(lines: list[Line], key: str) -> Any:
    return next((line["data"].get(key) for line in lines if line["type"] == "run_opened"), None)


def next_step(report: Report) -> str:
    """One line of advice for whoever reads the outcome."""
    advice = begin_with(report) or ADVICE[report["outcome"]](report) or told(report, "failure")
    return visible(advice or "read the findings and the timeline of this report", 600)


def begin_with(report: Report) -> str:
    """A triage's own advice: its first cause. What it could not see is said, too."""
    causes = report["causes"]
    if not causes or report["outcome"] not in ("attention", "error", "healthy"):
        return ""
    first = causes[0]
    what = f"begin with {first['service']}: {first['summary']}"
    run = f"; run: {first['command']}" if first["command"] else ""
    blind = [name for name, outcome in report["outcomes"].items() if outcome == "error"]
    rest = [name for name in blind if name != first["service"]]
    return what + run + (f"; nothing is known of {', '.join(rest)}" if rest else "")


def told(report: Report, *kinds: str) -> str:
    """What the timeline says last about events of these kinds."""
    events = [event for event in report["timeline"] if event["kind"] in kinds]
    return about(report, events[-1]["service"], events[-1]["text"]) if events else ""


def about(report: Report, service: str | None, text: str) -> str:
    """Name the service, where there is more than one."""
    return f"{service}: {text}" if service and len(report["services"]) > 1 else text


def _nothing(report: Report) -> str:
    return "nothing to do"


def _recovered(report: Report) -> str:
    undo = any(can_be_undone(change) for change in report["changes"])
    return "nothing to do" + (f"; to undo the changes: {revert_command(report)}" if undo else "")


def _planned(report: Report) -> str:
    return "to carry it out: run it again without --check"


def _attention(report: Report) -> str:
    for finding in not_ok(report["findings"]):
        return "to do by hand: " + about(report, finding["service"], finding["summary"])
    return ""


def _needs_approval(report: Report) -> str:
    entries = [entry for entry in report["plan"] if entry["status"] == "needs_approval"]
    approvals = list(dict.fromkeys(e["approve_with"] for e in entries if e["approve_with"]))
    if not approvals:
        return ""
    if len(approvals) == 1:
        return f"to allow it: add -e {shlex.quote(approvals[0])}"
    names = [approval.partition("=")[2] for approval in approvals]
    return f"to allow all of it: add -e {shlex.quote(json.dumps({'approve': names}))}"


def _refused(report: Report) -> str:
    entries = [entry for entry in report["plan"] if entry["status"] == "refused"]
    if not entries:
        return ""
    more = f" ({len(entries) - 1} more refused)" if len(entries) > 1 else ""
    return about(report, entries[0]["service"], entries[0]["why"]) + more


def _locked(report: Report) -> str:
    held = told(report, "lock_refused")
    return f"{held}; wait for it, then run this again" if held else ""


def _unrecovered(report: Report) -> str:
    cut_off = [change for change in report["changes"] if change["status"] == "intended"]
    if cut_off:
        change = cut_off[0]
        return about(
            report,
            change["service"],
            f"change {change['number']} ({change['action']}) was begun and its end is not recorded:"
            " look at the service by hand, then run this again",
        )
    remaining = not_ok(report["verification"]["findings"])
    if remaining:
        worst_left = remaining[0]
        return about(
            report,
            worst_left["service"],
            f"{worst_left['check']} is still {worst_left['severity']}: {worst_left['summary']}",
        )
    failed = told(report, "change_failed", "failure")
    if failed:
        undo = any(c["status"] == "failed" and can_be_undone(c) for c in report["changes"])
        return failed + (f"; to undo it: {revert_command(report)}" if undo else "")
    if report["changes"]:
        return "the result was not verified: run this again"
    return "the plan was not carried out: run this again"


def _error(report: Report) -> str:
    failure = told(report, "failure")
    if failure:
        return failure
    bad = [name for name, outcome in report["outcomes"].items() if outcome == "error"]
    unread = [finding for finding in not_ok(report["findings"]) if finding["service"] in bad]
    # What could not be read explains an error better than what was read and is bad.
    unread.sort(key=lambda finding: finding["reason"] not in NO_ACCESS | {"not_read"})
    if unread:
        return about(report, unread[0]["service"], unread[0]["summary"])
    later = told(report, "findings_crit", "findings_unknown")
    return later or f"no reading of {', '.join(bad) or 'any service'} was recorded: run this again"


# A failure can have any outcome, then its message is the advice (next_step()).
ADVICE: dict[str, Callable[[Report], str]] = {
    "healthy": _nothing,
    "recovered": _recovered,
    "done": _nothing,
    "planned": _planned,
    "attention": _attention,
    "needs_approval": _needs_approval,
    "refused": _refused,
    "locked": _locked,
    "unrecovered": _unrecovered,
    "error": _error,
}
