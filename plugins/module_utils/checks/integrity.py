# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the data whole? By the server's own checksums, and by the queries of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "integrity"
REASONS = (
    "checksum_failures",
    "integrity_failed",
    "data_unreadable",
    "query_failed",
    "unchecked",
    *UNREAD,
)
DAMAGED = ("checksum_failures", "integrity_failed", "data_unreadable")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    if reading["refused"]:
        return [unread(reading["refused"])]
    found = [*counted(reading), *asked(reading)]
    if found:
        return found
    number = len(reading["queries"])
    if not number and not reading["checksums"]["on"]:
        said = "checksums are off, and the catalog has no backup.integrity queries: nobody knows whether it is whole"
        return [finding("unknown", "unchecked", said)]
    sums = "no checksum failed" if reading["checksums"]["on"] else "checksums are off"
    return [finding("ok", "ok", f"{sums}; {number} integrity queries answer what they should")]


def counted(reading: Mapping[str, Any]) -> list[Finding]:
    return [
        finding(
            "crit",
            "checksum_failures",
            f"{one['count']} pages of {one['database']} were damaged when they were read, the last at {one['last_at']}",
            one["count"],
            "pages",
            0,
        )
        for one in reading["checksums"]["failures"]
    ]


def asked(reading: Mapping[str, Any]) -> list[Finding]:
    found = []
    for one in reading["queries"]:
        if one["error"]:
            said = f"the integrity query '{one['name']}' fails: {one['error']['message']}"
            # What was not read, for want of a right or of time, tells nothing of the data.
            damaged = one["error"]["reason"] == "data_corrupted"
            severity, reason = (
                ("crit", "data_unreadable") if damaged else ("unknown", "query_failed")
            )
            found.append(finding(severity, reason, said))
        elif one["value"] != one["expect"]:
            said = f"the integrity query '{one['name']}' answers {one['value']}, and should answer {one['expect']}"
            found.append(finding("crit", "integrity_failed", said))
    return found
