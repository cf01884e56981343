# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much memory a server may still take: the kernel's files, read through the server.

https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
"""

from __future__ import annotations

import re
from collections.abc import Mapping

GROUPS = ("own_v2", "root_v2", "own_v1", "root_v1")
# Version 1 writes "no limit" as the highest multiple of a page.
UNLIMITED = 2**60
Files = Mapping[str, "str | None"]


def available(files: Files) -> dict[str, int | None]:
    """available_bytes is the least of what the host and each group leave; None when unknown."""
    host = _kilobytes(files.get("meminfo"), "MemAvailable")
    limits = [_left(files, group) for group in GROUPS]
    known = [left for left in (host, *limits) if left is not None]
    return {
        "total_bytes": _kilobytes(files.get("meminfo"), "MemTotal"),
        "host_available_bytes": host,
        "group_limit_bytes": min(filter(None, (_limit(files, g) for g in GROUPS)), default=None),
        "available_bytes": max(0, min(known)) if known else None,
    }


def _limit(files: Files, group: str) -> int | None:
    limit = _number(files.get(f"{group}_max"))
    return limit if limit is not None and limit < UNLIMITED else None


def _left(files: Files, group: str) -> int | None:
    """The group's limit less its usage; pages of files are given back when they are needed."""
    limit, usage = _limit(files, group), _number(files.get(f"{group}_current"))
    if limit is None or usage is None:
        return limit
    stat = files.get(f"{group}_stat") or ""
    # Version 1 lists the group alone, and as total_ with those below it.
    found = re.findall(r"^(?:total_)?inactive_file (\d+)$", stat, re.MULTILINE)
    return limit - usage + max(map(int, found), default=0)


def _number(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return int(stripped) if stripped.isdecimal() else None


def _kilobytes(meminfo: str | None, name: str) -> int | None:
    found = re.search(rf"^{name}:\s+(\d+) kB$", meminfo or "", re.MULTILINE)
    return int(found[1]) * 1024 if found else None
