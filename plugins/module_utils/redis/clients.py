# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is connected, and whose connection may be ended. Pure functions of CLIENT LIST.

https://redis.io/docs/latest/commands/client-list/: flags N is a normal client; M and S are
replication, P listens to a channel, b waits in a blocking command, x is in a transaction,
O is MONITOR.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Client = dict[str, Any]
# What a client may be besides normal, and still be doing nothing: of a socket, TLS or tracking.
HARMLESS = set("NUtreT")
SUBSCRIBED = ("sub", "psub", "ssub")
# A worker between two of these looks idle, and is waiting for its next job.
BLOCKING = re.compile(
    r"b[lrz][a-z]*(pop|move|poplpush)[a-z]*|xread(group)?|wait(aof)?|[ps]?subscribe|monitor|p?sync|replconf",
    re.IGNORECASE,
)
# Sentinel's connections, by the names that it gives them.
WATCHERS = re.compile(r"sentinel-")
NUMBERS = ("id", "age", "idle", "db", "sub", "psub", "ssub", "multi")
KEPT = ("id", "addr", "name", "user", "age", "idle", "flags", "db", "cmd", *SUBSCRIBED, "multi")
SHOWN = 5


def parse(text: str) -> list[Client]:
    """One client a line: `id=3 addr=127.0.0.1:5 name= age=1 ...`."""
    found = []
    for line in text.splitlines():
        fields = dict(word.partition("=")[::2] for word in line.split(" ") if "=" in word)
        if "id" in fields:
            found.append(_client(fields))
    return found


def _client(fields: Mapping[str, str]) -> Client:
    client: Client = {key: fields[key] for key in KEPT if key in fields}
    for key in NUMBERS:
        if key in client:
            client[key] = int(client[key]) if re.fullmatch(r"-?\d+", client[key]) else 0
    return client


def why_not(client: Client, own: int, protected: Sequence[str], idle_seconds: int) -> str:
    """Why this client's connection is not ended; empty when it may be."""
    name, flags = str(client.get("name", "")), set(str(client.get("flags", "")))
    tests = (
        ("own", client["id"] == own),
        ("replication", bool(flags & {"M", "S"})),
        (
            "listening",
            "P" in flags or "O" in flags or any(client.get(key, 0) for key in SUBSCRIBED),
        ),
        (
            "blocked",
            "b" in flags or bool(BLOCKING.fullmatch(str(client.get("cmd", "")).partition("|")[0])),
        ),
        ("transaction", "x" in flags or client.get("multi", -1) >= 0),
        ("protected", name in protected or bool(WATCHERS.match(name))),
        ("otherwise_busy", not flags <= HARMLESS),
        ("young", client.get("idle", 0) < idle_seconds),
    )
    return next((why for why, holds in tests if holds), "")


def sorted_out(
    clients: Sequence[Client], own: int, protected: Sequence[str], idle_seconds: int
) -> dict[str, Any]:
    """How many there are of each sort, and those that may be ended: the longest idle first."""
    judged = [(client, why_not(client, own, protected, idle_seconds)) for client in clients]
    endable = [client for client, why in judged if not why]
    endable.sort(key=lambda client: (-client.get("idle", 0), client["id"]))
    kept = ("id", "addr", "name", "user", "age", "idle", "cmd")
    return {
        "connected": len(clients),
        "kept": dict(Counter(why for _client, why in judged if why)),
        "endable": [{key: one[key] for key in kept if key in one} for one in endable],
        "groups": groups(client for client, why in judged if why != "own"),
    }


def groups(clients: Any) -> list[dict[str, Any]]:
    """Whose connections they are: by name, or by address where they have none."""
    who = Counter(str(one.get("name") or host_of(str(one.get("addr", "?")))) for one in clients)
    return [{"who": name, "clients": number} for name, number in who.most_common(SHOWN)]


def host_of(address: str) -> str:
    return address.rpartition(":")[0] or address
