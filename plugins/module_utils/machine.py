# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine has left: room on its disks, memory, processors. One look, with a shell and no Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Reach,
    Unreachable,
)

Reading = dict[str, Any]
# A mount that hangs must not hang us.
SCRIPT = """LC_ALL=C; export LC_ALL
brief() { if command -v timeout >/dev/null 2>&1; then timeout 5 "$@"; else "$@"; fi; }
echo "== room"; brief df -P -k 2>/dev/null
echo "== inodes"; brief df -P -i 2>/dev/null
echo "== mounts"; cat /proc/mounts 2>/dev/null
echo "== memory"; cat /proc/meminfo 2>/dev/null
echo "== load"; cat /proc/loadavg 2>/dev/null
echo "== processors"; nproc 2>/dev/null
exit 0
"""
# Only what holds data: a tmpfs of the system, an image or a bind mount of a file is full on purpose.
PASSED_OVER = re.compile(r"^/(proc|sys|dev|run|snap|boot/efi)(/|$)|/(overlay2|containerd|kubelet)/")
STORED_ON = re.compile(r"^(/dev/(?!loop)\S+|overlay|\S+:/\S*|//\S+|tmpfs|zfs\S*|\S+/\S+)$")


def read(name: str, reach: Reach) -> Reading:
    """A refusal is a reading."""
    try:
        done = reach.shell("sh -s", SCRIPT)
    except Unreachable as error:
        return {
            **parsed(name, ""),
            "refused": {"reason": "host_unreachable", "message": str(error)},
        }
    return parsed(name, done.stdout)


def parsed(name: str, text: str) -> Reading:
    parts = dict(sections(text))
    return {
        "name": name,
        "refused": None,
        "filesystems": filesystems(parts),
        "memory": memory(parts.get("memory", [])),
        "load": load(parts.get("load", []), parts.get("processors", [])),
    }


def sections(text: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        head, *lines = part.splitlines()
        yield head, lines


def filesystems(parts: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Each device once, by the first place where it is mounted."""
    inodes = {mount: percent for _device, mount, percent, _free in table(parts.get("inodes", []))}
    frozen = read_only(parts.get("mounts", []))
    found: dict[str, dict[str, Any]] = {}
    for device, mount, percent, free in table(parts.get("room", [])):
        if PASSED_OVER.search(mount) or not STORED_ON.match(device):
            continue
        key = device if device.startswith("/") else mount
        found.setdefault(
            key,
            {
                "mount": mount,
                "used_percent": percent,
                "free_bytes": free * 1024,
                "inodes_percent": inodes.get(mount),
                "read_only": mount in frozen,
            },
        )
    return list(found.values())


def table(lines: list[str]) -> Iterator[tuple[str, str, int, int]]:
    """device, mount, percent used, blocks free"""
    for line in lines:
        match = re.match(r"(\S+)\s+\d+\s+\d+\s+(-?\d+)\s+(\d+)%\s+(/.*)$", line)
        if match:
            yield match[1], match[4], int(match[3]), int(match[2])


def read_only(mounts: list[str]) -> set[str]:
    """Disks that were turned read-only; what is an image is so by nature."""
    fields = [line.split() for line in mounts]
    return {
        field[1]
        for field in fields
        if len(field) > 3
        and "ro" in field[3].split(",")
        and field[2] in ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs")
    }


def memory(lines: list[str]) -> dict[str, int] | None:
    fields = dict(re.findall(r"^(\w+):\s+(\d+) kB", "\n".join(lines), re.MULTILINE))
    if "MemTotal" not in fields or "MemAvailable" not in fields:
        return None
    return {
        "total_bytes": int(fields["MemTotal"]) * 1024,
        "available_bytes": int(fields["MemAvailable"]) * 1024,
    }


def load(average: list[str], processors: list[str]) -> dict[str, Any] | None:
    try:
        return {"five_minutes": float(average[0].split()[1]), "processors": int(processors[0])}
    except (IndexError, ValueError):
        return None
