# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report's timeline: journal lines as events a person reads.

The `kind` of an event is its line's type; findings, watches and verifications carry their
result too: `findings_crit`, `watch_failed`, `verification_failed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import (
    compared,
    duration,
    gist,
    inline,
    moment,
    not_ok,
    visible,
    who,
    worst_grade,
)

Data = Mapping[str, Any]
TEXT_LIMIT = 500
PLAN_WORDS = {
    "planned": "planned",
    "needs_approval": "needs approval",
    "refused": "refused",
    "not_needed": "not needed",
}


def timeline(lines: Iterable[Data]) -> list[dict[str, Any]]:
    """The events of a run's lines, in the order of time."""
    events = list(_events(lines))
    events.sort(key=lambda event: event["at"])
    return events


def _events(lines: Iterable[Data]) -> Iterator[dict[str, Any]]:
    grades: dict[str | None, str] = {}
    for line in lines:
        data, service, kind = line["data"], line["service"], line["type"]
        if kind not in TEXTS or data.get("status") == "not_needed":
            continue
        if kind == "findings":
            grade = worst_grade(data["findings"])
            # A verification reads many times; only a reading that differs is an event.
            if data["stage"] == "verification" and grades.get(service) == grade:
                continue
            grades[service] = grade
            kind = f"findings_{grade}"
        elif kind == "watch":
            if data["ended"]:
                continue  # its finding says the same, and more
            kind = f"watch_{'ok' if data['last_ok'] else 'failed'}"
        elif kind == "verification":
            kind = f"verification_{data['status']}"
        yield {
            "at": data["started_at"] if kind == "run_opened" else line["at"],
            "service": service,
            "kind": kind,
            "text": visible(TEXTS[line["type"]](data), TEXT_LIMIT),
        }


def _run_opened(data: Data) -> str:
    check = ", check mode: nothing is changed" if data["check_mode"] else ""
    return f"{data['scenario']} started by {data['user']} on {data['controller']}{check}"


def _findings(data: Data) -> str:
    stage = {
        "diagnosis": "diagnosis",
        "under_lock": "read again under the lock",
        "verification": f"verification, attempt {data['attempt']}",
    }.get(data["stage"], str(data["stage"]))
    wrong = not_ok(data["findings"])
    services = {finding["service"] for finding in data["findings"]}
    if wrong and len(services) > 1:
        ill = {finding["service"] for finding in wrong}
        return f"{stage}: {len(ill)} of {len(services)} services are not well"
    if wrong:
        return f"{stage}: {wrong[0]['severity']}: {wrong[0]['summary']}"
    count = len(data["findings"])
    return f"{stage}: {count or 'no'} finding{'' if count == 1 else 's'}{' ok' if count else ''}"


def _plan(data: Data) -> str:
    parts = []
    for status, words in PLAN_WORDS.items():
        actions = [entry["action"] for entry in data["entries"] if entry["status"] == status]
        if actions:
            parts.append(f"{len(actions)} {words} ({', '.join(dict.fromkeys(actions))})")
    return "plan: " + ("; ".join(parts) or "nothing to do")


def _causes(data: Data) -> str:
    causes = data["causes"]
    if not causes:
        return "no cause: nothing is wrong"
    names = ", ".join(f"{cause['rank']}. {cause['service']}" for cause in causes)
    return f"likely cause{'' if len(causes) == 1 else 's'}: {names}"


def _lock_acquired(data: Data) -> str:
    before = data.get("took_over")
    if not before:
        return f"lock taken until {moment(data['until'])}"
    why = before.get("why") if isinstance(before, Mapping) else None
    reason = f": {why}" if why else ""
    return f"lock taken over from {who(before)}{reason}; until {moment(data['until'])}"


def _lock_refused(data: Data) -> str:
    return f"locked by {who(data['owner'])} until {moment(data['until'])}"


def _break_glass(data: Data) -> str:
    return f"break glass: {data['purpose']}, by way of {inline(data['way'])}"


def _change_intended(data: Data) -> str:
    return f"change {data['number']}, {data['action']}: {data['summary']}"


def _change_made(data: Data) -> str:
    what = gist(data["after"])
    return f"change {data['number']} made" + (f": {what}" if what else "")


def _verification(data: Data) -> str:
    if data["status"] == "verified":
        foretold = compared(data.get("estimated_s"), data.get("took_s"))
        return (
            f"verified: healthy for {duration(data['held_s'])}, after {_attempts(data)}{foretold}"
        )
    return f"not healthy after {_attempts(data)}"


def _attempts(data: Data) -> str:
    return f"{data['attempts']} attempt{'' if data['attempts'] == 1 else 's'}"


def _failure(data: Data) -> str:
    message = data["message"].removeprefix(f"{data['outcome']}: ")
    return message if data["task"] in message else f"{message} (task: {data['task']})"


# The other types (evidence) are no events, and have sections of their own.
TEXTS: dict[str, Callable[[Data], str]] = {
    "run_opened": _run_opened,
    "findings": _findings,
    "causes": _causes,
    "watch": lambda data: f"watch: {data['text']}",
    "plan": _plan,
    "lock_acquired": _lock_acquired,
    "lock_refused": _lock_refused,
    "lock_released": lambda data: "lock released",
    "break_glass": _break_glass,
    "change_intended": _change_intended,
    "change_made": _change_made,
    "change_failed": lambda data: f"change {data['number']} failed: {data['message']}",
    "change_cut_off": lambda data: f"change {data['number']}: {data['message']}",
    "change_reverted": lambda data: f"change {data['number']} reverted",
    "verification": _verification,
    "failure": _failure,
    "run_closed": lambda data: f"ended: {data['outcome']}",
    "incident_closed": lambda data: f"incident closed by {data['by']}",
}
