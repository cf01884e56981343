# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A look at the disks of a machine, with a shell and no Python: first how full they are, and of full ones by what."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import machine

Found = dict[str, Any]
# A mount that hangs must not hang us.
BRIEF = """LC_ALL=C; export LC_ALL
brief() { seconds=$1; shift; if command -v timeout >/dev/null 2>&1; then timeout "$seconds" "$@"; else "$@"; fi; }
"""
ALL = (
    'echo "== room"; brief 5 df -P -k 2>/dev/null; echo "== inodes"; brief 5 df -P -i 2>/dev/null\n'
)
# One by one: a path that is missing takes only its own line away.
EACH = """for place in {paths}; do
  echo "== at $place"; brief 5 df -P -k -- "$place" 2>/dev/null
  echo "== inodes"; brief 5 df -P -i -- "$place" 2>/dev/null
done
"""
MOUNTS = 'echo "== mounts"; cat /proc/mounts 2>/dev/null\n'
# Of one process after the other; a file without a name is only there as long as somebody has it open.
CLOSER = """echo "== held"
brief 20 find -L /proc/[0-9]*/fd -maxdepth 1 -type f -links 0 -exec stat -L -c '%d %i %b %n' {{}} + 2>/dev/null |
  sort -k3,3nr | head -n 40 | while read -r device inode blocks path; do
    pid=${{path#/proc/}}; pid=${{pid%%/*}}
    echo "$device $inode $blocks $pid"
    tr -d '\\n' <"/proc/$pid/comm" 2>/dev/null; echo
    tail -n 1 "/proc/$pid/cgroup" 2>/dev/null || echo
    printf '%s' "$(readlink "$path" 2>/dev/null)" | tr '\\n\\r' '??'; echo
  done
echo "== devices"; for mount in {mounts}; do stat -c '%d %n' -- "$mount" 2>/dev/null; done
echo "== largest"; for place in {places}; do
  brief 20 du -x -k -d 1 -- "$place" 2>/dev/null | sort -nr | head -n 6
done
echo "== journal"; for place in /var/log/journal /run/log/journal; do
  if [ -d "$place" ]; then du -s -k -- "$place" 2>/dev/null; df -P -k -- "$place" 2>/dev/null | tail -n 1; fi
done
"""
DOCKER = """told='{{.Id}} {{.Created}} {{.Size}} {{json .Config.Labels}}'
if command -v docker >/dev/null 2>&1; then
  echo "== docker"
  root=$(brief 10 docker info --format '{{.DockerRootDir}}' 2>/dev/null) && [ -n "$root" ] && {
    echo "$root"; df -P -k -- "$root" 2>/dev/null | tail -n 1; echo "== usage"
    brief 20 docker system df --format '{{.Type}}|{{.TotalCount}}|{{.Size}}|{{.Reclaimable}}' 2>/dev/null
    echo "== dangling"
    brief 10 docker image ls --filter dangling=true --no-trunc --quiet 2>/dev/null | sort -u |
      while read -r image; do
        brief 5 docker image inspect --format "$told" "$image" 2>/dev/null
      done
    echo "== used"
    containers=$(brief 10 docker ps --all --quiet 2>/dev/null)
    told='{{.Image}} {{json .Config.Labels}}'
    [ -z "$containers" ] || brief 10 docker inspect --format "$told" $containers 2>/dev/null
  }
fi
"""


def script(places: Sequence[str], everything: bool) -> str:
    """How full: the file systems of these places, and all of the machine."""
    each = EACH.format(paths=" ".join(map(shlex.quote, places))) if places else ""
    return BRIEF + (ALL if everything else "") + each + MOUNTS + "exit 0\n"


def closer(mounts: Iterable[str], places: Iterable[str]) -> str:
    """By what: files without a name, the largest folders of these places, the journal, Docker."""
    words = {
        "mounts": " ".join(map(shlex.quote, mounts)),
        "places": " ".join(map(shlex.quote, places)),
    }
    return BRIEF + CLOSER.format(**words) + DOCKER + "exit 0\n"


def filesystems(text: str) -> list[Found]:
    """Each once, and with the places that were asked for. What nobody named counts when it holds data."""
    parts = list(machine.sections(text))
    options = mounted(next((lines for head, lines in parts if head == "mounts"), []))
    found: dict[str, Found] = {}
    inodes = {
        row["mount"]: row for head, lines in parts if head == "inodes" for row in table(lines)
    }
    for head, lines in parts:
        place = head[3:] if head.startswith("at ") else None
        for row in table(lines) if place or head == "room" else ():
            if place is None and not counts(row):
                continue
            kept = found.setdefault(row["mount"], one(row, inodes, options))
            kept["places"] += [place] if place else []
    return list(found.values())


def counts(row: Mapping[str, Any]) -> bool:
    return not machine.PASSED_OVER.search(row["mount"]) and bool(
        machine.STORED_ON.match(row["device"])
    )


def one(row: Found, inodes: Mapping[str, Found], options: Mapping[str, tuple[str, str]]) -> Found:
    kind, flags = options.get(row["mount"], ("", ""))
    nodes = inodes.get(row["mount"], {"used": 0, "free": 0, "percent": 0})
    return {
        "mount": row["mount"],
        "device": row["device"],
        "kind": kind,
        "used_bytes": row["used"] * 1024,
        "free_bytes": row["free"] * 1024,
        "used_percent": row["percent"],
        "inodes_used": nodes["used"],
        "inodes_free": nodes["free"],
        "inodes_percent": nodes["percent"],
        # What is an image is so by nature.
        "read_only": "ro" in flags.split(",") and kind not in ("squashfs", "iso9660", "erofs"),
        "places": [],
    }


def table(lines: Iterable[str]) -> Iterable[Found]:
    """df's own rounding of the percentage, which is what people and alerts see."""
    for line in lines:
        match = re.match(r"(\S.*?)\s+\d+\s+(\d+)\s+(-?\d+)\s+(\d+|-)%?\s+(/.*)$", line)
        if match:
            yield {
                "device": match[1],
                "used": int(match[2]),
                "free": max(0, int(match[3])),
                "percent": int(match[4]) if match[4] != "-" else 0,
                "mount": match[5],
            }


def mounted(lines: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By mount point, its kind and its options; what is mounted over another is what counts."""
    fields = [line.split() for line in lines]
    return {decoded(row[1]): (row[2], row[3]) for row in fields if len(row) > 3}


def decoded(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def causes(text: str) -> Found:
    parts = dict(machine.sections(text))
    devices = dict(line.split(" ", 1) for line in parts.get("devices", []))
    return {
        "held": held(parts.get("held", []), devices),
        "largest": largest(parts.get("largest", [])),
        "journal": journal(parts.get("journal", [])),
        "docker": docker(parts) if "docker" in parts else None,
    }


def held(lines: Sequence[str], devices: Mapping[str, str]) -> list[Found]:
    """Each file once, although a process and its children have it open."""
    found: dict[tuple[str, str], Found] = {}
    for at in range(0, len(lines) - 3, 4):
        device, inode, blocks, pid = lines[at].split(" ")
        if device not in devices:
            continue
        found.setdefault(
            (device, inode),
            {
                "mount": devices[device],
                "bytes": int(blocks) * 512,
                "pid": int(pid),
                "command": lines[at + 1],
                **owner(lines[at + 2]),
                "path": lines[at + 3].removesuffix(" (deleted)"),
            },
        )
    return list(found.values())


def owner(cgroup: str) -> Found:
    """The unit or the container of a process, as its control group is called: the innermost, since a
    container may be a machine with units of its own."""
    for part in reversed(cgroup.rpartition(":")[2].split("/")):
        container = re.search(r"(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$", part)
        if container:
            return {"container": container[1], "unit": None}
        if part.endswith(".service"):
            return {"container": None, "unit": part}
    return {"container": None, "unit": None}


def largest(lines: Iterable[str]) -> list[Found]:
    rows = [match for line in lines if (match := re.match(r"(\d+)\s+(/.*)$", line))]
    return [{"path": row[2], "bytes": int(row[1]) * 1024} for row in rows]


def journal(lines: Sequence[str]) -> Found | None:
    """The persistent one comes first; the other goes with the next boot."""
    used = next((re.match(r"(\d+)\s+(/.*)$", line) for line in lines), None)
    rows = list(table(lines[1:2]))
    if not used or not rows:
        return None
    return {"path": used[2], "bytes": int(used[1]) * 1024, "mount": rows[0]["mount"]}


def docker(parts: Mapping[str, list[str]]) -> Found | None:
    lines = parts["docker"]
    rows = list(table(lines[1:2]))
    if not rows:
        return None
    return {
        "root": lines[0],
        "mount": rows[0]["mount"],
        "usage": [line.split("|") for line in parts.get("usage", []) if line.count("|") == 3],
        "dangling": [image for line in parts.get("dangling", []) if (image := dangling(line))],
        # Of containers that do not run, too; and the images that their labels speak of.
        "used": sorted(set(re.findall(r"sha256:[0-9a-f]{64}", "\n".join(parts.get("used", []))))),
    }


def dangling(line: str) -> Found | None:
    match = re.match(r"(sha256:[0-9a-f]{64}) (\S+) (\d+) (.*)$", line)
    if not match:
        return None
    labels = json.loads(match[4]) or {}
    # Compose says of what it builds whose it is.
    whose = [labels.get(f"com.docker.compose.{key}", "") for key in ("project", "service")]
    return {
        "id": match[1],
        "created": match[2],
        "bytes": int(match[3]),
        "of": "/".join(whose) if all(whose) else "",
    }
