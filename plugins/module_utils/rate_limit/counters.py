# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The counters of a rate limit, looked at within bounds: who has used up what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import client
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import keys
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Command,
    Fault,
    Steps,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused

Ask = Callable[[Steps], list[Answer]]
Counter = dict[str, Any]
# Each SCAN takes the server less than a millisecond; more counters than these say no more.
LOOKED_AT, SCANS, COUNTERS = 1000, 100, 2000
SHOWN = 5
NO_EXPIRY = -1


def read(prefixes: Sequence[str], limit: int, wanted: str | None, ask: Ask) -> dict[str, Any]:
    """Raises Refused. With a client's name only that one's counters are looked at."""
    names, whole = _names(prefixes, wanted, ask)
    steps: list[Command] = [("PING",)]
    for name in names:
        steps += [("TYPE", name), ("PTTL", name)]
    kinds = ask(steps)[1:]
    plain = [n for n, kind in zip(names, kinds[::2], strict=True) if kind == "string"]
    ttls = dict(zip(names, kinds[1::2], strict=True))
    values = ask([("PING",), *(("GET", name) for name in plain)])[1:]
    found = [
        counter(name, prefix_of(name, prefixes), value, ttls[name])
        for name, value in zip(plain, values, strict=True)
        if isinstance(value, str) and value.isdigit()
    ]
    return summary(found, limit, whole, len(names))


def _names(prefixes: Sequence[str], wanted: str | None, ask: Ask) -> tuple[list[str], bool]:
    """Their names, and whether these are all of them."""
    found: dict[str, None] = {}
    scans, whole = SCANS, True
    for prefix in prefixes:
        cursor = "0"
        while True:
            if not scans or len(found) >= COUNTERS:
                whole = False
                break
            scans -= 1
            cursor, names = _scanned(cursor, prefix, wanted, ask)
            found.update(dict.fromkeys(names))
            if cursor == "0":
                break
    return list(found)[:COUNTERS], whole


def _scanned(cursor: str, prefix: str, wanted: str | None, ask: Ask) -> tuple[str, list[str]]:
    pattern = keys.pattern(prefix, wanted)
    (answer,) = ask([("SCAN", cursor, "MATCH", pattern, "COUNT", str(LOOKED_AT))])
    if not isinstance(answer, list) or len(answer) != 2 or not isinstance(answer[1], list):
        raise Refused(classify(answer.text if isinstance(answer, Fault) else ""))
    return str(answer[0]), [str(n) for n in answer[1] if meant(str(n), prefix, wanted)]


def meant(name: str, prefix: str, wanted: str | None) -> bool:
    """Judged here, not by the pattern."""
    if not name.startswith(prefix):
        return False
    return wanted is None or client.is_of(name[len(prefix) :], wanted)


def prefix_of(name: str, prefixes: Sequence[str]) -> str:
    return next(prefix for prefix in prefixes if name.startswith(prefix))


def counter(name: str, prefix: str, value: str, ttl: Answer) -> Counter:
    return {
        "client": client.shown(name[len(prefix) :]),
        "requests": int(value),
        "ttl_ms": ttl if isinstance(ttl, int) else None,
    }


def summary(found: Sequence[Counter], limit: int, whole: bool, names: int) -> dict[str, Any]:
    ranked = sorted(found, key=lambda one: -one["requests"])
    over = [one for one in ranked if one["requests"] >= limit]
    total = sum(one["requests"] for one in found)
    return {
        "limit": limit,
        "whole": whole,
        "counters": names,
        "readable": len(found),
        "requests": total,
        "limited": len(over),
        # Whoever is at the limit of one of these stays there for good.
        "stuck": sum(one["ttl_ms"] == NO_EXPIRY for one in over),
        "frees_in_ms": max((one["ttl_ms"] or 0 for one in over), default=0),
        "top": ranked[:SHOWN],
        "top_percent": round(100 * ranked[0]["requests"] / total, 1) if total else 0.0,
    }
