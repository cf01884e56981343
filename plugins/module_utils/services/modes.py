# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mode that a service can be put into and taken out of, by commands of the catalog.

Each has a command that enters it, one that leaves it, and one that tells, by a word, which it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

ENTERED, LEFT, UNKNOWN = "entered", "left", "unknown"


@dataclass(frozen=True)
class Mode:
    name: str
    enter: str  # names of the catalog's commands
    leave: str
    status: str
    entered_word: str
    left_word: str
    entering: str  # names of our actions
    leaving: str
    lapses: bool  # whether its expiry undoes it, or calls a person
    what: str
    enter_summary: str  # with the name of the service as {}
    leave_summary: str


MODES = {
    "maintenance": Mode(
        "maintenance",
        "maintenance_on",
        "maintenance_off",
        "maintenance_status",
        "on",
        "off",
        "enter_maintenance",
        "leave_maintenance",
        True,
        "maintenance",
        "put {} into maintenance",
        "take {} out of maintenance",
    ),
    "processing": Mode(
        "processing",
        "pause",
        "resume",
        "status",
        "paused",
        "running",
        "pause_processing",
        "resume_processing",
        False,
        "the pause",
        "pause the processing of {}",
        "resume the processing of {}",
    ),
    # Its webhook is removed and set again besides: services/polling.py.
    "polling": Mode(
        "polling",
        "polling_on",
        "polling_off",
        "polling_status",
        "polling",
        "webhook",
        "fall_back_to_polling",
        "return_to_webhook",
        False,
        "polling",
        "let {} poll",
        "let {} be sent its updates again",
    ),
}


# "not paused" and "paused: no" hold the word, and mean the opposite.
DENIED = {"not", "no", "false", "never", "0"}


def state_told(mode: Mode, rc: int, output: str) -> str:
    """By one of the two words, and not the other, or by a JSON object: nothing else is understood."""
    if rc:
        return UNKNOWN
    told = _document(output)
    if told is None:
        return _by_words(mode, output)
    flags = {told[key] for key in (mode.entered_word, mode.name) if isinstance(told.get(key), bool)}
    if flags:
        return UNKNOWN if len(flags) > 1 else ENTERED if flags.pop() else LEFT
    return _by_words(mode, " ".join(one for one in told.values() if isinstance(one, str)))


def _by_words(mode: Mode, text: str) -> str:
    words = set(re.findall(r"\w+", text.lower()))
    found = words & {mode.entered_word, mode.left_word}
    if len(found) != 1 or words & DENIED:
        return UNKNOWN
    return ENTERED if mode.entered_word in found else LEFT


def _document(output: str) -> dict[str, Any] | None:
    """Alone, or as the last line, behind what npm and the like say first."""
    for text in (output, output.strip().rpartition("\n")[2]):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return None


def reading(name: str, rc: int, output: str, in_flight: str) -> dict[str, Any]:
    mode = MODES[name]
    number = re.fullmatch(r"\s*(\d{1,12})\s*", in_flight)
    return {
        "mode": name,
        "state": state_told(mode, rc, output),
        "message": excerpt(output),
        "in_flight": int(number[1]) if number else None,
    }


def unreadable(name: str, message: str) -> dict[str, Any]:
    return {"mode": name, "state": UNKNOWN, "message": message, "in_flight": None}


def plan(situation: Situation, name: str, wanted: str | None) -> list[Entry]:
    """What was asked for; or, unasked, out of a mode whose time is over."""
    mode, found = MODES[name], situation.finding("mode")
    state = situation.readings.get("mode", {}).get("state", UNKNOWN)
    if found is None:
        return []
    if wanted is None:
        overdue = [f for f in situation.findings if f["reason"] == "own_mitigation_expired"]
        if state == ENTERED and overdue and mode.lapses and own(situation, mode):
            return [leave(situation, mode, overdue[0])]
        return []
    if state == UNKNOWN:
        action = mode.entering if wanted == ENTERED else mode.leaving
        return [
            propose(action, situation.service, found, found["summary"], "refused", found["summary"])
        ]
    if state == wanted:
        return []
    return [enter(situation, mode, found) if wanted == ENTERED else leave(situation, mode, found)]


def enter(situation: Situation, mode: Mode, found: Finding) -> Entry:
    why = lacking(situation, mode.enter) or lacking(situation, mode.leave)
    undo = {
        "how": {
            "action": mode.leaving,
            "parameters": {},
            "summary": f"end {mode.what} of {situation.service}",
            **({} if mode.lapses else {"on_expiry": "page"}),
        }
    }
    return propose(
        mode.entering,
        situation.service,
        found,
        mode.enter_summary.format(situation.service),
        "refused" if why else "planned",
        why,
        before={"state": LEFT, "in_flight": situation.readings["mode"]["in_flight"]},
        undo=undo,
        expires_minutes=situation.inputs["expires_minutes"],
    )


def leave(situation: Situation, mode: Mode, found: Finding) -> Entry:
    why = lacking(situation, mode.leave)
    before = own(situation, mode)
    reverts = {"reverts": {key: before[key] for key in ("incident", "number")}} if before else {}
    undo = {
        "how": {
            "action": mode.entering,
            "parameters": {},
            "summary": f"bring {mode.what} of {situation.service} back",
        }
    }
    return propose(
        mode.leaving,
        situation.service,
        found,
        mode.leave_summary.format(situation.service),
        "refused" if why else "planned",
        why,
        reverts,
        before={"state": ENTERED},
        undo=undo,
    )


def own(situation: Situation, mode: Mode) -> Mapping[str, Any] | None:
    """The change of ours that is still in force; what a person did by hand is none."""
    reading = situation.readings.get("history") or {}
    pending = [change for change in reading.get("open", ()) if change["action"] == mode.entering]
    return pending[-1] if pending else None


def lacking(situation: Situation, command: str) -> str:
    if (situation.catalog.get("commands") or {}).get(command):
        return ""
    path = f"runbooks_services.{situation.service}.commands.{command}"
    return f"the catalog has no command for it; for example {path}: [npm, run, {command}]"


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """Before a change of the mode counts as verified, the service must tell that it is in it."""
    return [finding for finding in findings if finding["check"] == "mode"]
