# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much has to go from a file system for it to be below the warning threshold again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Need:
    """Of bytes and of inodes; what is not short needs none."""

    bytes: int = 0
    inodes: int = 0

    def __bool__(self) -> bool:
        return self.bytes > 0 or self.inodes > 0

    def less(self, size: int, files: int = 0) -> Need:
        return Need(max(0, self.bytes - size), max(0, self.inodes - files))


def need(filesystem: Mapping[str, Any], warn_percent: int) -> Need:
    """A percent below the threshold, which the next write would cross again; df rounds up."""
    if filesystem["used_percent"] < warn_percent and filesystem["inodes_percent"] < warn_percent:
        return Need()
    keep = max(0, warn_percent - 1) / 100
    return Need(
        over(filesystem["used_bytes"], filesystem["free_bytes"], keep)
        if filesystem["used_percent"] >= warn_percent
        else 0,
        over(filesystem["inodes_used"], filesystem["inodes_free"], keep)
        if filesystem["inodes_percent"] >= warn_percent
        else 0,
    )


def over(used: int, free: int, keep: float) -> int:
    return max(1, used - math.floor((used + free) * keep))


def enough(
    files: Sequence[Mapping[str, Any]], wanted: Need, files_left: int, bytes_left: int
) -> int:
    """How many of these, the first first, are enough; no more than the caps allow."""
    freed = 0
    for number, one in enumerate(files):
        # A file may well be larger than what is left of the cap; then those behind it wait, too.
        if number >= files_left or freed + one["bytes"] > bytes_left:
            return number
        if freed >= wanted.bytes and number >= wanted.inodes:
            return number
        freed += one["bytes"]
    return len(files)
