# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that is read of a server, in one connection: the commands, and the document made of their answers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import clients
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Command,
    Fault,
    Pause,
)

SETTINGS = ("maxclients", "maxmemory", "maxmemory-policy", "save", "appendonly", "dir")
# The time between two looks at the server's clock, and how many: what is more is waiting. Commands that
# redis-cli is fed do not wait for each other, so a stall shows once, and there must be room for two.
SAMPLES = 20
SAMPLE_S = 0.05
FIRST: tuple[Command, ...] = (
    ("PING",),
    ("INFO",),
    ("CLIENT", "ID"),
    ("CLIENT", "LIST"),
    ("SLOWLOG", "GET", "5"),
    *(("CONFIG", "GET", name) for name in SETTINGS),
)
STEPS: tuple[Command | Pause, ...] = (
    *FIRST,
    *(step for _number in range(SAMPLES) for step in (("TIME",), Pause(SAMPLE_S))),
    ("TIME",),
)
# What is kept of INFO; the rest is for those who tune.
PERSISTENCE = (
    "loading",
    "loading_loaded_perc",
    "loading_eta_seconds",
    "rdb_changes_since_last_save",
    "rdb_bgsave_in_progress",
    "rdb_last_save_time",
    "rdb_last_bgsave_status",
    "aof_enabled",
    "aof_rewrite_in_progress",
    "aof_last_bgrewrite_status",
    "aof_last_write_status",
)
ROLE = (
    "role",
    "master_host",
    "master_port",
    "master_link_status",
    "master_sync_in_progress",
    "connected_slaves",
)
SERVER = (
    "redis_version",
    "valkey_version",
    "redis_mode",
    "process_id",
    "uptime_in_seconds",
    "run_id",
)
MEMORY = (
    "used_memory",
    "used_memory_rss",
    "used_memory_dataset",
    "used_memory_scripts",
    "maxmemory",
    "maxmemory_policy",
    "mem_fragmentation_ratio",
    "mem_fragmentation_bytes",
    "total_system_memory",
    "mem_clients_normal",
    "mem_clients_slaves",
)
STATS = (
    "keyspace_hits",
    "keyspace_misses",
    "evicted_keys",
    "expired_keys",
    "rejected_connections",
    "instantaneous_ops_per_sec",
)

Document = dict[str, Any]


def document(
    answers: Sequence[Answer], protected: Sequence[str], idle_seconds: int
) -> Document | None:
    """None when the server told nothing of itself."""
    by_command = dict(zip(FIRST, answers, strict=False))
    text = by_command[("INFO",)]
    if not isinstance(text, str):
        return None
    info = fields(text)
    own, listed = by_command[("CLIENT", "ID")], by_command[("CLIENT", "LIST")]
    known = clients.parse(listed) if isinstance(listed, str) else []
    settings = {name: _setting(by_command[("CONFIG", "GET", name)]) for name in SETTINGS}
    return {
        "server": _some(info, SERVER),
        "role": _some(info, ROLE),
        "persistence": {
            **_some(info, PERSISTENCE),
            "save": settings["save"],
            "dir": settings["dir"],
        },
        "memory": memory(info),
        "stats": _some(info, STATS),
        "keyspace": {
            name: _pairs(value) for name, value in info.items() if re.fullmatch(r"db\d+", name)
        },
        "clients": {
            **clients.sorted_out(
                known, own if isinstance(own, int) else -1, protected, idle_seconds
            ),
            # Without permission to list them, their number is known all the same.
            **({} if known else {"connected": number(info.get("connected_clients", "0"))}),
            "maxclients": number(settings["maxclients"] or info.get("maxclients", "0")),
            "listed": bool(known),
        },
        "latency": latency(answers[len(FIRST) :]),
        "slow_commands": slow(by_command[("SLOWLOG", "GET", "5")]),
    }


def version(document: Document | None) -> str | None:
    server = (document or {}).get("server", {})
    if "valkey_version" in server:
        return f"Valkey {server['valkey_version']}"
    return f"Redis {server['redis_version']}" if "redis_version" in server else None


def fields(text: str) -> dict[str, str]:
    """INFO's lines `name:value`."""
    pairs = (line.partition(":") for line in text.splitlines() if line and line[0] != "#")
    return {name: value.strip() for name, _colon, value in pairs}


def number(text: object) -> int:
    return int(str(text)) if re.fullmatch(r"-?\d+", str(text)) else 0


def memory(info: Mapping[str, str]) -> dict[str, Any]:
    return _some(info, MEMORY)


def _some(info: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
    return {name: _value(info[name]) for name in names if name in info}


def _value(text: str) -> Any:
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text


def _pairs(text: str) -> dict[str, Any]:
    """Of `keys=3,expires=1,avg_ttl=0`."""
    parts = (part.partition("=") for part in text.split(","))
    return {name: _value(value) for name, _sign, value in parts}


def _setting(answer: Answer) -> str | None:
    """None where CONFIG may not be asked, or knows no such name."""
    if isinstance(answer, list) and len(answer) == 2:
        return str(answer[1])
    return None


def latency(answers: Sequence[Answer]) -> dict[str, Any] | None:
    """How much longer than the pause between them two looks at the server's own clock took, in
    milliseconds: it is the same over either way."""
    times = [one for one in map(_microseconds, answers) if one is not None]
    if len(times) < 2 or len(times) < len(answers):
        return None
    pairs = itertools.pairwise(times)
    over = sorted(max(0.0, (after - before) / 1000 - SAMPLE_S * 1000) for before, after in pairs)
    return {
        "samples": len(over),
        "median_ms": round(over[len(over) // 2], 1),
        # The slowest of all may be our own machine's.
        "high_ms": round(over[-2], 1),
        "worst_ms": round(over[-1], 1),
    }


def _microseconds(answer: Answer) -> int | None:
    if isinstance(answer, list) and len(answer) == 2:
        return number(answer[0]) * 1_000_000 + number(answer[1])
    return None


def slow(answer: Answer) -> list[dict[str, Any]]:
    """The names of the newest slow commands; what they were given may be anybody's secret."""
    if isinstance(answer, Fault) or not isinstance(answer, list):
        return []
    found = []
    for entry in answer:
        if isinstance(entry, list) and len(entry) > 3 and isinstance(entry[3], list) and entry[3]:
            found.append(
                {
                    "at": entry[1],
                    "ms": number(entry[2]) / 1000,
                    "command": str(entry[3][0])[:40].upper(),
                }
            )
    return found
