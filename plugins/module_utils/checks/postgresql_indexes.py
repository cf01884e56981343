# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Indexes that no query uses, because they are invalid, or that are mostly empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql"
REASONS = ("invalid_index", "bloated_index", *UNREAD)
MIB = 1024 * 1024


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    invalid = document["relations"]["invalid"]
    bloated = document["relations"]["bloated"]
    found = []
    if invalid:
        said = f"{listed(invalid, 'invalid index', 'invalid indexes')}: written to, and used by no query"
        found.append(finding("warn", "invalid_index", said, len(invalid), "indexes", 0))
    if bloated:
        first = bloated[0]
        said = (
            f"{listed(bloated, 'bloated index', 'bloated indexes')}: the first takes {first['bytes'] // MIB} MiB "
            f"where {max(1, first['expected_bytes'] // MIB)} would do"
        )
        found.append(finding("warn", "bloated_index", said, len(bloated), "indexes", 0))
    return found or [finding("ok", "ok", "no index is invalid or bloated", 0, "indexes", 0)]


def listed(indexes: Sequence[Mapping[str, Any]], one: str, several: str) -> str:
    names = ", ".join(f"{index['schema']}.{index['name']}" for index in indexes[:3])
    more = f" and {len(indexes) - 3} more" if len(indexes) > 3 else ""
    return f"{len(indexes)} {one if len(indexes) == 1 else several} ({names}{more})"
