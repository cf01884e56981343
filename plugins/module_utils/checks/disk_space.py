# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is there room on the disks, for bytes and for files, and can they be written to?

What a file that nobody can see any more holds is told apart: deleting others would only make up for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import (
    Finding,
    against,
    finding,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "disk"
REASONS = (
    "not_managed",
    "host_unreachable",
    "filesystem_read_only",
    "disk_full",
    "inodes_exhausted",
    "space_held_by_pid",
)
# Less than this share of its file system is nobody's fault.
HELD_PERCENT = 5


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    refused = reading["refused"]
    if refused:
        return [finding("unknown", refused["reason"], refused["message"])]
    if not reading["filesystems"]:
        return [finding("unknown", "not_read", "no file system could be read")]
    found = [
        *read_only(reading["filesystems"]),
        *full(reading, inputs),
        *space_held(reading, inputs),
    ]
    return found or [well(reading["filesystems"], inputs)]


def read_only(filesystems: list[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in filesystems:
        if one["read_only"]:
            said = (
                f"{one['mount']} ({one['device']}, {one['kind']}) is mounted read-only: the kernel does that when it "
                "finds damage; look at the kernel's log and the disk before anything else. Nothing is remounted"
            )
            yield finding("crit", "filesystem_read_only", said)


def full(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Finding]:
    for one in reading["filesystems"]:
        severity, threshold = against(one["used_percent"], inputs)
        if severity != "ok":
            said = (
                f"{one['mount']} is {one['used_percent']} % full, {size(one['free_bytes'])} are left"
                f"{beside(reading, one)}"
            )
            yield finding(severity, "disk_full", said, one["used_percent"], "percent", threshold)
        severity, threshold = against(one["inodes_percent"], inputs)
        if severity != "ok":
            said = (
                f"{one['mount']} has used {one['inodes_percent']} % of its inodes, {one['inodes_free']} are left: "
                f"no more files can be made, whatever room there is{beside(reading, one)}"
            )
            yield finding(
                severity, "inodes_exhausted", said, one["inodes_percent"], "percent", threshold
            )


def beside(reading: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """What is known of what it is full of."""
    said = ""
    largest = [
        f"{item['path']} {size(item['bytes'])}"
        for item in reading["largest"]
        if any(item["path"].startswith(place) for place in one["places"])
    ]
    if largest:
        said += f"; the largest: {', '.join(largest[:4])}"
    journal, docker = reading["journal"], reading["docker"]
    if journal and journal["mount"] == one["mount"]:
        said += f"; the journal {size(journal['bytes'])}"
    if docker and docker["mount"] == one["mount"]:
        parts = [f"{kind} {used}, {back} not in use" for kind, _many, used, back in docker["usage"]]
        said += f"; Docker: {'; '.join(parts)}" if parts else ""
    return said


def space_held(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Finding]:
    for one in reading["filesystems"]:
        for item in holders(reading, one, inputs["warn_percent"]):
            least = held_from(one)
            yield finding("warn", "space_held_by_pid", holder(item), item["bytes"], "bytes", least)


def holders(
    reading: Mapping[str, Any], one: Mapping[str, Any], warn_percent: int
) -> list[Mapping[str, Any]]:
    """Who holds so much of a full file system that it is to blame."""
    if one["used_percent"] < warn_percent:
        return []
    least = held_from(one)
    return [
        item for item in reading["held"] if item["mount"] == one["mount"] and item["bytes"] >= least
    ]


def held_from(one: Mapping[str, Any]) -> int:
    return int((one["used_bytes"] + one["free_bytes"]) * HELD_PERCENT // 100)


def holder(item: Mapping[str, Any]) -> str:
    where = f", unit {item['unit']}" if item["unit"] else ""
    where = f", container {item['container'][:12]}" if item["container"] else where
    return (
        f"{size(item['bytes'])} of {item['mount']} are held by a file that was deleted and is still open: "
        f"{item['path']} (pid {item['pid']}, {item['command']}{where})"
    )


def well(filesystems: list[Mapping[str, Any]], inputs: Mapping[str, Any]) -> Finding:
    most = max(filesystems, key=lambda one: max(one["used_percent"], one["inodes_percent"]))
    said = (
        f"room on {len(filesystems)} file systems; the fullest is {most['mount']} with {most['used_percent']} % of its "
        f"bytes and {most['inodes_percent']} % of its inodes"
    )
    return finding("ok", "ok", said, most["used_percent"], "percent", inputs["warn_percent"])
