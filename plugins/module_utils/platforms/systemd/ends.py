# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a unit ended the last time, and why: from its properties, else from its journal.

systemd.exec(5) and systemd.service(5). A unit that was started again has forgotten its last end,
and with cgroup v1 systemd does not learn that the kernel killed for want of memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.answer import (
    Answer,
    Line,
    Properties,
    seconds,
    whole,
)

EXITED = re.compile(
    r"(?:Main|Control) process exited, code=(?P<how>exited|killed|dumped), status=(?P<status>\d+)"
)
BEGUN = ("Started ", "Starting ")
TOO_OFTEN = "Start request repeated too quickly."
OUT_OF_MEMORY = re.compile(
    r"Failed with result 'oom-kill'|process of this unit has been killed by the OOM"
)
SIGKILL = 9
# The kernel's line and systemd's note of the end are that close.
SAME_MOMENT_S = 5.0
LONGEST = 200
SECRET = re.compile(
    r"""([\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|credentials?)[\w-]*["']?\s*[:=]\s*["']?)[^\s"',;&]+"""
    r"|(://[^/@\s:]*:)[^/@\s]+(?=@)|(\b(?:bearer|basic)\s+)\S+",
    re.IGNORECASE,
)


def exit_code(unit: Properties, lines: Sequence[Line]) -> int | None:
    """As a shell tells it: 128 and the signal's number for a process that was killed."""
    how, status = unit.get("ExecMainCode", ""), whole(unit.get("ExecMainStatus"))
    if how in ("1", "exited"):
        return status
    if how in ("2", "3", "killed", "dumped"):
        # Stopped by the signal that it is stopped with: that says nothing about it.
        return None if unit.get("Result") == "success" else 128 + (status or 0)
    for line in reversed(lines):
        found = EXITED.search(line.text) if line.manager else None
        if found:
            return int(found["status"]) + (0 if found["how"] == "exited" else 128)
    return None


def start_limit_hit(unit: Properties, lines: Sequence[Line]) -> bool:
    """A crash loop keeps the result of its last crash, so that the result alone does not tell."""
    if unit.get("ActiveState") != "failed":
        return False
    if unit.get("Result") == "start-limit-hit":
        return True
    said = [line.text for line in lines if line.manager]
    if said:
        return any(TOO_OFTEN in text for text in since_begun(said))
    burst = whole(unit.get("StartLimitBurst")) or 0
    tries = whole(unit.get("NRestarts")) or 0
    return unit.get("Restart") not in (None, "", "no") and 0 < burst <= tries


def since_begun(said: Sequence[str]) -> Sequence[str]:
    """What its manager said since it was last begun."""
    begun = [at for at, text in enumerate(said) if text.startswith(BEGUN)]
    return said[begun[-1] :] if begun else said


def oom_killed(unit: Properties, lines: Sequence[Line], answer: Answer) -> bool:
    if unit.get("Result") == "oom-kill" or answer.counted.get(unit.get("ControlGroup", ""), 0):
        return True
    if any(line.manager and OUT_OF_MEMORY.search(line.text) for line in lines):
        return True
    # A main process killed by a signal, or a child of it and the main process for that.
    ended = end_moment(unit)
    name = unit.get("Id", "")
    return ended is not None and any(
        f"/{name}" in f"{kill.group}/" and within(kill.group, name)
        for kill in answer.kills
        if abs(kill.at - ended) <= SAME_MOMENT_S
    )


def within(group: str, name: str) -> bool:
    return name in group.split("/")


def end_moment(unit: Properties) -> float | None:
    """Seconds since boot. Of a unit that runs again: the moment when it was started again, less the
    time that it waited before."""
    exited = whole(unit.get("ExecMainExitTimestampMonotonic"))
    if exited:
        return exited / 1e6
    begun = whole(unit.get("ActiveEnterTimestampMonotonic"))
    if begun and whole(unit.get("NRestarts")):
        return begun / 1e6 - (seconds(unit.get("RestartUSec")) or 0)
    return None


def last_words(lines: Sequence[Line]) -> str:
    """The last line that the unit itself wrote, bounded, and without what may be a secret."""
    own = [line.text for line in lines if not line.manager]
    return masked(own[-1]) if own else ""


def masked(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = SECRET.sub(lambda found: f"{found[1] or found[2] or found[3]}***", line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def why(unit: Properties, lines: Sequence[Line]) -> str:
    """`exit-code, status 1: no such table`."""
    result, code = unit.get("Result", ""), exit_code(unit, lines)
    parts = [result] if result not in ("", "success") else []
    parts += [f"status {code}"] if code else []
    said = last_words(lines)
    return ", ".join(parts) + (f": {said}" if said else "")
