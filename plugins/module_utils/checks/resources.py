# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has the machine what its services need? Disks, memory and processors, against the alerts' thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "machine"
REASONS = (
    "host_unreachable",
    "disk_full",
    "inodes_exhausted",
    "read_only",
    "memory_low",
    "overloaded",
)
# Work fails from here on: the last percents of a disk are the superuser's, and memory is what the
# kernel starts to kill for.
CRITICAL_PERCENT = 95


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    name, refused = reading["name"], reading["refused"]
    if refused:
        return [finding("unknown", refused["reason"], f"{name}: {refused['message']}")]
    found = [
        *disks(name, reading["filesystems"], inputs["disk_percent"]),
        *memory(name, reading["memory"], inputs["memory_percent"]),
        *load(name, reading["load"], inputs["load_percent"]),
    ]
    if found:
        return found
    if not reading["filesystems"] and not reading["memory"]:
        return [finding("unknown", "not_read", f"{name}: nothing could be read of the machine")]
    return [finding("ok", "ok", f"{name}: room on its disks, memory and processors to spare")]


def disks(name: str, filesystems: list[Mapping[str, Any]], warn: int) -> Iterator[Finding]:
    for one in filesystems:
        mount = one["mount"]
        if one["read_only"]:
            yield finding("crit", "read_only", f"{name}: {mount} is mounted read-only")
        for key, reason, what in (
            ("used_percent", "disk_full", f"{size(one['free_bytes'])} are left"),
            ("inodes_percent", "inodes_exhausted", "of its inodes"),
        ):
            percent = one[key]
            if percent is not None and percent >= warn:
                said = (
                    f"{name}: {mount} is {percent} % full, {what}"
                    if reason == "disk_full"
                    else f"{name}: {mount} has used {percent} % {what}"
                )
                yield over(reason, said, percent, warn)


def memory(name: str, reading: Mapping[str, int] | None, warn: int) -> Iterator[Finding]:
    if not reading or not reading["total_bytes"]:
        return
    percent = round(100 - 100 * reading["available_bytes"] / reading["total_bytes"], 1)
    if percent >= warn:
        left = size(reading["available_bytes"])
        yield over(
            "memory_low",
            f"{name}: {percent:g} % of its memory is used, {left} are left",
            percent,
            warn,
        )


def load(name: str, reading: Mapping[str, Any] | None, warn: int) -> Iterator[Finding]:
    """Waiting work for each processor; never critical by itself: a batch job does the same."""
    if not reading or not reading["processors"]:
        return
    percent = round(100 * reading["five_minutes"] / reading["processors"])
    if percent >= warn:
        said = (
            f"{name}: a load of {reading['five_minutes']:g} over five minutes on "
            f"{reading['processors']} processors"
        )
        yield finding("warn", "overloaded", said, percent, "percent", warn)


def over(reason: str, summary: str, percent: float, warn: int) -> Finding:
    critical = percent >= max(CRITICAL_PERCENT, warn)
    threshold = max(CRITICAL_PERCENT, warn) if critical else warn
    return finding("crit" if critical else "warn", reason, summary, percent, "percent", threshold)
