# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's `backup` section of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import words
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import TOOLS
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import Tool
from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Input,
    InputError,
    refusal,
)

KEYS = ("tool", "from", "max_age_hours", "programs", "integrity")
PLACES = ("host", "inside")
EXAMPLE = TOOLS["plain"].EXAMPLE
MAX_AGE = Input("max_age_hours", 26, 1, 87600, "hours", "")


@dataclass(frozen=True)
class Query:
    name: str
    sql: str
    expect: str


@dataclass(frozen=True)
class Backup:
    tool: Tool
    place: str  # where it is called, and a copy is made: one of PLACES
    max_age_hours: int
    programs: str  # the folder of PostgreSQL's own programs; empty: found by its version
    integrity: tuple[Query, ...]


def of(path: str, given: object) -> Backup | None:
    """Judged; None where the catalog has none."""
    if given is None:
        return None
    section = mapping(path, given, EXAMPLE)
    one_of(f"{path}.tool", section.get("tool"), tuple(TOOLS))
    place = section.get("from", PLACES[0])
    one_of(f"{path}.from", place, PLACES)
    tool = TOOLS[section["tool"]]
    known_keys(path, section, (*KEYS, *tool.KEYS), tool.EXAMPLE)
    judged = tool.of(path, section)
    hours = MAX_AGE.parse(section.get("max_age_hours", MAX_AGE.default), f"{path}.max_age_hours")
    programs = section.get("programs")
    folder = words.folder(f"{path}.programs", programs) if programs else ""
    integrity = tuple(queries(f"{path}.integrity", section.get("integrity") or []))
    return Backup(judged, place, hours, folder, integrity)


def queries(path: str, given: object) -> list[Query]:
    example = "integrity: [{name: no orphans, sql: SELECT count(*) FROM orders, expect: '0'}]"
    if not isinstance(given, (list, tuple)):
        raise refusal(path, given, "a list of queries", example)
    found = []
    for number, one in enumerate(given):
        entry: Mapping[str, Any] = mapping(f"{path}[{number}]", one, example)
        known_keys(f"{path}[{number}]", entry, ("name", "sql", "expect"), example)
        texts = {key: entry.get(key) for key in ("name", "sql", "expect")}
        for key, value in texts.items():
            if not isinstance(value, str) or not value or "\x00" in value:
                raise refusal(f"{path}[{number}].{key}", value, "a text, in quotes", example)
        found.append(Query(**{key: str(value) for key, value in texts.items()}))
    if len({one.name for one in found}) < len(found):
        raise InputError(
            f"{path}: two queries have the same name; allowed is one; for example {example}"
        )
    return found
