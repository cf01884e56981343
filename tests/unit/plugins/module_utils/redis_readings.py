# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the runbooks on Redis share: a reading, written down in one line."""

from __future__ import annotations

from typing import Any

Reading = dict[str, Any]
INPUTS: dict[str, Any] = {
    "warn_percent": 80,
    "crit_percent": 95,
    "idle_seconds": 300,
    "max_end": 100,
    "latency_ms": 100,
    "max_restarts": 1,
}


def client(number: int, idle: int = 900) -> dict[str, Any]:
    return {"id": number, "addr": f"10.0.0.7:{number}", "name": "shop", "idle": idle}


def document(**parts: Any) -> Reading:
    """A healthy primary; each part given replaces what it names."""
    whole: Reading = {
        "server": {"redis_version": "7.0.15"},
        "role": {"role": "master", "connected_slaves": 0},
        "persistence": {"rdb_last_bgsave_status": "ok", "aof_enabled": 0, "dir": "/data"},
        "memory": {},
        "stats": {},
        "keyspace": {},
        "clients": {
            "connected": 1,
            "maxclients": 20,
            "listed": True,
            "endable": [],
            "kept": {"own": 1},
            "groups": [],
        },
        "latency": {"samples": 10, "median_ms": 0.4, "high_ms": 1.0, "worst_ms": 2.0},
        "slow_commands": [],
    }
    return {
        name: {**value, **parts.get(name, {})}
        if isinstance(value, dict)
        else parts.get(name, value)
        for name, value in whole.items()
    }


def reading(**parts: Any) -> Reading:
    return {
        "user": "default",
        "via": "tcp",
        "version": "Redis 7.0.15",
        "refused": None,
        "document": document(**parts),
    }


def refused(reason: str, **parts: Any) -> Reading:
    """With parts it told something of itself all the same."""
    found = reading(**parts)
    message = f"it is {reason}"
    return {
        **found,
        "refused": {"reason": reason, "message": message},
        "document": found["document"] if parts else None,
    }
