# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From when to when a base backup and the archived WAL can bring the data back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True)
class Coverage:
    backup: Mapping[str, Any]
    earliest: int  # seconds of the epoch: when the backup was finished
    latest: (
        int | None
    )  # when the last piece of WAL in an unbroken row was archived; None: none of it is there
    gap: str  # the first piece that is missing though later ones are there


def of(backup: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]) -> Coverage:
    per_log = 0x100000000 // segment_bytes(segments)
    known: dict[int, dict[int, int]] = {}
    for one in segments:
        timeline, number = place(one["name"], per_log)
        known.setdefault(number, {})[timeline] = one["at"]
    timeline, number = place(backup["start"], per_log)
    last = max(known, default=-1)
    latest = None
    while number <= last:
        # A promotion goes on under a higher timeline; a lower one is a history that was left.
        on = sorted(each for each in known.get(number, ()) if each >= timeline)
        if not on:
            return Coverage(backup, backup["finished"], latest, name_of(timeline, number, per_log))
        timeline = on[0]
        latest = max(latest or 0, known[number][timeline])
        number += 1
    return Coverage(backup, backup["finished"], latest, "")


def best(reading: Mapping[str, Any], wanted: int | None = None) -> Coverage | None:
    """Of the newest backup; of the newest that was finished by then, when a time is wanted. One that holds
    damaged pages only when there is no other."""
    backups = [one for one in reading["backups"] if wanted is None or one["finished"] <= wanted]
    whole = [one for one in backups if not one.get("damaged")]
    chosen = (whole or backups)[-1:]
    return of(chosen[0], reading["segments"]) if chosen else None


def segment_bytes(segments: Sequence[Mapping[str, Any]]) -> int:
    sizes = [one["bytes"] for one in segments if one["bytes"] in POSSIBLE]
    return sizes[-1] if sizes else 16 * MIB


# initdb --wal-segsize
POSSIBLE = frozenset(MIB * 2**power for power in range(11))


def place(name: str, per_log: int) -> tuple[int, int]:
    return int(name[:8], 16), int(name[8:16], 16) * per_log + int(name[16:], 16)


def name_of(timeline: int, number: int, per_log: int) -> str:
    return f"{timeline:08X}{number // per_log:08X}{number % per_log:08X}"
