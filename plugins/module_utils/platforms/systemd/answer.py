# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the script said, as data. Nothing is judged here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.script import MARK

Properties = Mapping[str, str]
SPAN = re.compile(r"([0-9.]+)(us|ms|s|min|h|d|w|month|y)")
SHORT = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600}
SPAN_S = {**SHORT, "d": 86400, "w": 604800, "month": 2629800, "y": 31557600}
# Kernels from 5.0 on, and those before.
KILLED = re.compile(
    r"^\[\s*(?P<at>[0-9.]+)\].*(?:oom-kill:.*\btask_memcg=(?P<group>[^,]+)|Task in (?P<old>\S+) killed)"
)


class NoAnswer(Exception):
    """The host says nothing about its units: a reason of the check 'workload', and why."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Line:
    text: str
    manager: bool  # systemd's own words about the unit, not the unit's


@dataclass(frozen=True)
class Kill:
    """A process that the kernel ended for want of memory."""

    group: str
    at: float  # seconds since boot


@dataclass(frozen=True)
class Releases:
    current: str | None = None
    folders: tuple[tuple[str, float], ...] = ()
    readable: bool = True


@dataclass(frozen=True)
class Answer:
    now: float
    units: Mapping[str, Properties]
    journals: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    kills: Sequence[Kill] = ()
    counted: Mapping[str, int] = field(default_factory=dict)  # by control group
    releases: Mapping[str, Releases] = field(default_factory=dict)


def parse(stdout: str) -> Answer:
    parts = dict(sections(stdout))
    refuse(parts)
    return Answer(
        now=next(float(name) for name, _lines in of(parts, "now")),
        units={unit["Id"]: unit for unit in blocks(parts.get("units", [])) if unit.get("Id")},
        journals={name: journal(lines) for name, lines in of(parts, "journal")},
        kills=[kill for kill in map(killed, parts.get("kernel", [])) if kill],
        counted=counted(parts.get("memory", [])),
        releases={name: release_folders(lines) for name, lines in of(parts, "releases")},
    )


def sections(stdout: str) -> Iterable[tuple[str, list[str]]]:
    """What stands before the first mark is the login shell's."""
    _before, *texts = re.split(rf"^{re.escape(MARK)} ", stdout.replace("\r\n", "\n"), flags=re.M)
    for text in texts:
        name, *lines = text.splitlines()
        yield name, lines


def of(parts: Mapping[str, list[str]], kind: str) -> Iterable[tuple[str, list[str]]]:
    return (
        (name.partition(" ")[2], lines)
        for name, lines in parts.items()
        if name.startswith(f"{kind} ")
    )


def refuse(parts: Mapping[str, list[str]]) -> None:
    if "no-systemctl" in parts:
        raise NoAnswer("client_missing", "the host has no systemctl: it does not run systemd")
    if "not-booted" in parts:
        raise NoAnswer("not_managed", "the host was not booted with systemd: it has no units")
    for name, lines in parts.items():
        if name.startswith("no-answer "):
            raise no_answer(name.split()[1], " ".join(" ".join(lines).split()))
        if name.startswith("show-failed "):
            raise NoAnswer("service_manager_unavailable", "systemd stopped answering in between")
    if "end" not in parts or not [*of(parts, "now")]:
        raise NoAnswer("service_manager_unavailable", "the answer of the host has no end")


def no_answer(status: str, said: str) -> NoAnswer:
    if status == "124":
        said = "systemd did not answer within 5 s: it hangs"
    elif re.search(r"permission denied|access denied|not permitted", said, re.IGNORECASE):
        return NoAnswer("forbidden", f"systemd lets this user read nothing: {said[:200]}")
    elif re.search(r"no medium found|no such file|XDG_RUNTIME_DIR", said, re.IGNORECASE):
        return NoAnswer(
            "not_managed",
            f"this user has no systemd of its own that runs: loginctl enable-linger USER ({said[:160]})",
        )
    return NoAnswer("service_manager_unavailable", said[:200] or "systemd does not answer")


def blocks(lines: Iterable[str]) -> Iterable[dict[str, str]]:
    """`systemctl show` divides the units by an empty line."""
    found: dict[str, str] = {}
    for line in [*lines, ""]:
        name, equals, value = line.partition("=")
        if equals:
            found[name] = value
        elif found:
            yield found
            found = {}


def journal(lines: Iterable[str]) -> list[Line]:
    read = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        text = message(entry.get("MESSAGE"))
        if text:
            # Its manager names the unit that it speaks of.
            read.append(Line(text, "UNIT" in entry or "USER_UNIT" in entry))
    return read


def message(value: object) -> str:
    """journalctl writes what is no UTF-8 text as a list of bytes, and several values as a list."""
    if isinstance(value, list):
        numbers = all(isinstance(item, int) for item in value)
        value = bytes(value).decode(errors="replace") if numbers else value[-1]
    return value.strip() if isinstance(value, str) else ""


def killed(line: str) -> Kill | None:
    found = KILLED.match(line)
    return Kill(found["group"] or found["old"], float(found["at"])) if found else None


def counted(lines: Iterable[str]) -> dict[str, int]:
    pairs = [line.split(" ", 1) for line in lines if " " in line]
    return {group: int(count) for count, group in pairs if count.isdecimal()}


def release_folders(lines: Sequence[str]) -> Releases:
    """Folders only: a link among them, such as the one in use, is none of the releases."""
    words = dict(line.partition(" ")[::2] for line in lines if "|" not in line)
    root, folders = words.get("folder", ""), []
    for line in lines:
        changed, kind, name, *_rest = (*line.split("|", 2), "", "")
        if kind == "directory" and changed.isdecimal():
            folders.append((f"{root.rstrip('/')}/{name}", float(changed)))
    newest_first = tuple(sorted(folders, key=lambda one: (-one[1], one[0])))
    return Releases(words.get("link") or None, newest_first, "unreadable" not in words)


def moment(text: str | None) -> float | None:
    """`Sat 2026-11-21 12:54:43 UTC` as seconds since the epoch; None for 'n/a' and an empty one."""
    _day, date, clock, *_zone = (*(text or "").split(), "", "", "")
    try:
        return datetime.fromisoformat(f"{date}T{clock}+00:00").timestamp()
    except ValueError:
        return None


def seconds(span: str | None) -> float | None:
    """`1min 30s`, `500ms`; None for 'infinity'."""
    found = SPAN.findall(span or "")
    return sum(float(number) * SPAN_S[unit] for number, unit in found) if found else None


def whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def size(text: str | None) -> int | None:
    """A limit in bytes. Before 'infinity' there was the largest number."""
    number = whole(text)
    return None if number is None or number >= 2**63 - 1 else number
