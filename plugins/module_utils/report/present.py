# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the report's pages share: values as text that is safe to show, pairs, commands."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

# Names of roles and applications come from whoever connects. Control characters move a
# terminal's cursor, bidi and invisible ones make a text read as another, and a lone
# surrogate cannot be written to a file at all: all of them are shown by their code.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)
SPACES = re.compile(r"[ \t\r\n]+")
GRADES = ("ok", "warn", "unknown", "crit")
NOTHING = "—"
Finding = Mapping[str, Any]


def visible(text: object, limit: int | None = None) -> str:
    """A text on one line, with nothing in it that hides, moves or reorders."""
    line = str(text)
    if not line.isascii() or not line.isprintable():
        line = HIDDEN.sub(_code, SPACES.sub(" ", line).strip())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def _code(match: re.Match[str]) -> str:
    point = ord(match.group())
    return f"\\x{point:02x}" if point < 256 else f"\\u{point:04x}"


def inline(value: object) -> str:
    """A small JSON value as words: `used 17, slots 17`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inline(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(inline(item) for item in value)
    return figure(value)


def gist(value: object) -> str:
    """The same, with lists as their length: `ended 13, skipped 1`."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key} {len(item) if isinstance(item, list) else inline(item)}"
            for key, item in value.items()
        )
    return inline(value)


def who(owner: object) -> str:
    """The owner of a lock, as the person or run to ask."""
    if not isinstance(owner, Mapping):
        return inline(owner)
    text = f"{owner.get('user', 'somebody')} on {owner.get('host', 'an unknown host')}"
    more = [f"{key} {owner[key]}" for key in ("pid", "incident", "run") if owner.get(key)]
    return f"{text} ({', '.join(more)})" if more else text


def figure(value: object, unit: str | None = None) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, float)):
        return str(value)
    if unit == "seconds":
        return duration(value)
    if unit == "bytes":
        return size(value)
    suffix = {None: "", "": "", "percent": " %"}.get(unit, f" {unit}")
    return number(value) + suffix


def number(value: float) -> str:
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def size(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{number(round(value, 1))} {unit}"


def duration(value: float | None) -> str:
    if value is None:
        return NOTHING
    if abs(value) < 0.9995:
        return f"{round(value * 1000)} ms" if value else "0 s"
    if abs(value) < 59.95:
        return f"{number(round(value, 1))} s"
    minutes, left = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    return f"{minutes} min {left:02d} s" if left else f"{minutes} min"


def compared(estimate_s: float | None, took_s: float | None) -> str:
    """What was foretold held against what came; nothing where nobody could foretell it."""
    if estimate_s is None or took_s is None:
        return ""
    return f"; the first estimate was {duration(estimate_s)}, it took {duration(took_s)}"


def clock(at: str | None) -> str:
    return at[11:19] if at else NOTHING


def moment(at: str | None) -> str:
    return f"{at[:10]} {at[11:19]} UTC" if at else NOTHING


def elapsed(start: str | None, end: str | None) -> float | None:
    return round(seconds(end) - seconds(start), 6) if start and end else None


def not_ok(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with something to say, the worst first."""
    told = [finding for finding in findings if finding["severity"] != "ok"]
    return sorted(told, key=lambda finding: -grade_rank(finding["severity"]))


def grade_rank(severity: str) -> int:
    return GRADES.index(severity) if severity in GRADES else len(GRADES)


def worst_grade(findings: Iterable[Finding]) -> str:
    """No finding at all is unknown, never ok."""
    return max(
        (str(finding["severity"]) for finding in findings), key=grade_rank, default="unknown"
    )


def pairs(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Each finding before, beside the same one after: `{service, check, before, after}`."""
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for side, findings in (
        ("before", report["findings"]),
        ("after", report["verification"]["findings"]),
    ):
        seen: defaultdict[tuple[str, str], int] = defaultdict(int)
        for finding in findings:
            name = (finding["service"], finding["check"])
            seen[name] += 1  # a check may give several findings, one for each disk
            row = rows.setdefault(
                (*name, seen[name]),
                {"service": name[0], "check": name[1], "before": None, "after": None},
            )
            row[side] = finding
    return list(rows.values())


def playbook(report: dict[str, Any]) -> str:
    return f"ansible-playbook playbooks/{report['scenario']}.yml"


def approve_command(report: dict[str, Any], entry: dict[str, Any]) -> str:
    """The whole command that lets one entry through, under the same incident."""
    target = entry["service"] if entry["service"] in report["services"] else report["services"][0]
    given = (f"service={target}", f"incident={report['incident']}", entry["approve_with"])
    return " ".join([playbook(report), *(f"-e {shlex.quote(visible(item))}" for item in given)])


def revert_command(report: dict[str, Any], change: dict[str, Any] | None = None) -> str:
    """What undoes one change, or all of the incident's."""
    services = [change["service"]] if change else report["services"]
    target = f"service={services[0]}" if len(services) == 1 else json.dumps({"service": services})
    given = [
        target,
        f"incident={report['incident']}",
        *([f"change={change['number']}"] if change else []),
    ]
    return " ".join(
        ["ansible-playbook playbooks/revert.yml", *(f"-e {shlex.quote(item)}" for item in given)]
    )
