# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run that changes nothing must leave as it was: keys, settings, clients, files, the process."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import redis

Snapshot = dict[str, dict[str, Any]]
# Of INFO persistence: what a save would change.
SAVES = ("rdb_last_save_time", "rdb_last_bgsave_status", "rdb_saves", "aof_enabled")
# A connection of ours comes and goes.
OURS = ("snapshot", "lab")
WORKING = ("id", "addr", "name", "flags")


def take(server: Any) -> Snapshot:
    found: Snapshot = {"process": process(server), "files": files(server.data_dir)}
    try:
        with server.client("snapshot", socket_timeout=2) as connection:
            return {**found, **asked(server, connection)}
    except redis.RedisError as error:
        # One that does not serve is judged by its process and its files.
        return {**found, "refused": {"why": type(error).__name__}}


def asked(server: Any, connection: Any) -> Snapshot:
    info = connection.info("everything")
    return {
        "keys": server.digest(),
        "settings": connection.config_get("*"),
        "saves": {name: info.get(name) for name in SAVES},
        "role": {name: info.get(name) for name in ("role", "master_host", "connected_slaves")},
        "clients": {
            one["id"]: [one[name] for name in WORKING]
            for one in connection.client_list()
            if one["name"] not in OURS
        },
    }


def process(server: Any) -> dict[str, Any]:
    pid = server.pid()
    return {"pid": pid, "began": began(pid)} if pid else {"pid": None}


def began(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def files(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*")
        if path.is_file() and not path.name.startswith("temp-")
    }


def differences(before: Snapshot, after: Snapshot, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is no longer as it was, as {part.name: (before, after)}."""
    parts = (before.keys() | after.keys()) - set(but)
    return {
        f"{part}.{name}": (before.get(part, {}).get(name), after.get(part, {}).get(name))
        for part in parts
        for name in before.get(part, {}).keys() | after.get(part, {}).keys()
        if before.get(part, {}).get(name) != after.get(part, {}).get(name)
    }
