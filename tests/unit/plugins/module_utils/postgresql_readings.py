# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readings of a PostgreSQL server to judge and to plan from: as many sessions of each sort as a
test says, in the shape that postgresql/sections.py answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Reading = dict[str, Any]
INPUTS: dict[str, Any] = {
    "warn_percent": 80,
    "crit_percent": 95,
    "idle_seconds": 300,
    "idle_in_transaction_seconds": 60,
    "max_terminate": 20,
    "max_connections": None,
    "pool_max": None,
}
STATES = {"idle": "idle", "idle_in_transaction": "idle in transaction", "active": "active"}


@dataclass(frozen=True)
class Some:
    """So many sessions of one sort. 'protected' is why they are never ended."""

    count: int
    kind: str  # idle, idle_in_transaction, active, other
    age_s: float
    protected: str | None = None
    role: str = "app"
    application: str = "shop"

    @property
    def aged(self) -> bool:
        oldest = {"idle": 300, "idle_in_transaction": 60}
        return self.kind in oldest and self.age_s >= oldest[self.kind]


def idle(count: int, age_s: float = 3600, **more: Any) -> Some:
    return Some(count, "idle", age_s, **more)


def idle_in_transaction(count: int, age_s: float = 600, **more: Any) -> Some:
    return Some(count, "idle_in_transaction", age_s, **more)


def active(count: int, age_s: float = 1, **more: Any) -> Some:
    return Some(count, "active", age_s, **more)


def added(parts: list[tuple[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for name, count in parts:
        totals[name] = totals.get(name, 0) + count
    return {name: count for name, count in totals.items() if count}


def endable(sorts: tuple[Some, ...]) -> list[dict[str, Any]]:
    """Idle in transaction before idle, the oldest first; at most 200."""
    chosen = [sort for sort in sorts if sort.aged and not sort.protected]
    chosen.sort(key=lambda sort: (sort.kind != "idle_in_transaction", -sort.age_s))
    each = [sort for sort in chosen for _unused in range(sort.count)]
    return [
        {
            "pid": 1000 + number,
            "backend_start": f"2026-11-21 03:04:{number % 60:02d}.000000+00",
            "role": sort.role,
            "application": sort.application,
            "client": "10.0.0.7",
            "database": "shop",
            "state": STATES[sort.kind],
            "state_s": sort.age_s,
            "xact_s": None,
            "query": "SELECT ?",
        }
        for number, sort in enumerate(each)
    ][:200]


def sessions(*sorts: Some) -> dict[str, Any]:
    groups = [
        {
            "role": sort.role,
            "application": sort.application,
            "client": "10.0.0.7",
            "database": "shop",
            "class": sort.kind,
            "protected": sort.protected,
            "count": sort.count,
            "oldest_state_s": sort.age_s,
        }
        for sort in sorted(sorts, key=lambda sort: -sort.count)
    ]
    return {
        "classes": added([(sort.kind, sort.count) for sort in sorts]),
        "aged": {
            kind: sum(sort.count for sort in sorts if sort.aged and sort.kind == kind)
            for kind in ("idle_in_transaction", "idle")
        },
        "settled_idle": sum(s.count for s in sorts if s.kind == "idle" and s.age_s > 5),
        "young": {
            kind: sum(
                s.count
                for s in sorts
                if s.kind == kind and not s.aged and not s.protected and s.age_s > 5
            )
            for kind in ("idle", "idle_in_transaction")
        },
        "protected_idle": sum(s.count for s in sorts if s.kind.startswith("idle") and s.protected),
        "protected": added([(sort.protected, sort.count) for sort in sorts if sort.protected]),
        "groups": groups,
        "endable": endable(sorts),
    }


def document(*sorts: Some, slots: int = 17, **more: Any) -> Document:
    """A primary with so many slots for applications, and three for superusers."""
    setting = {"unit": None, "source": more.get("source", "configuration file")}
    return {
        "server": {
            "version_num": 160004,
            "in_recovery": more.get("in_recovery", False),
            "me": {"role": "oncall", "can_signal": True, "can_see_all": not more.get("hidden")},
        },
        "slots": {
            "max_connections": slots + 3,
            "superuser_reserved": 3,
            "reserved": 0,
            "application_slots": slots,
            "used": sum(sort.count for sort in sorts),
            "hidden": more.get("hidden", 0),
        },
        "sessions": sessions(*sorts),
        "settings": {
            "max_connections": {**setting, "setting": str(slots + 3)},
            "work_mem": {**setting, "setting": "4096", "unit": "kB"},
        },
        "replication": {"standbys": more.get("standbys", [])},
    }


def reading(found: Document | None, **more: Any) -> Reading:
    return {
        "user": "oncall",
        "way": "normal" if found else None,
        "version": "PostgreSQL 16" if found else None,
        "refused": {},
        "document": found,
        "pooler": None,
        "configuration": None,
        **more,
    }


def refused(reason: str, message: str = "FATAL:  no") -> dict[str, str]:
    return {"reason": reason, "message": message}


def locked_out(**admin: dict[str, str]) -> Reading:
    """Full, and the way that breaks the glass is missing or refused too."""
    said = "FATAL:  remaining connection slots are reserved for non-replication superuser"
    return reading(None, refused={"normal": refused("slots_reserved", said), **admin})
