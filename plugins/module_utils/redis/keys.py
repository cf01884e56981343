# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server keeps, by a sample: the cost does not grow with the number of its keys.

Never KEYS, never a whole SCAN: RANDOMKEY takes the same time on any server. The name of a key may
hold a person's or a session's, so a reading keeps only its shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Command,
    Pause,
)

# Of so many keys a tenth of the whole is known to within three percent of all.
SAMPLE = 400
SHOWN = 5
RATES = ("keyspace_hits", "keyspace_misses", "evicted_keys", "expired_keys")
# Of a large collection only so many elements are weighed.
WEIGHED = "5"
# A pattern's own characters (src/util.c, stringmatchlen).
GLOB = re.compile(r"([*?\[\]\\^-])")
ABOUT_A_KEY = 3


def first_steps() -> list[Command | Pause]:
    return [("PING",), ("INFO",), ("DBSIZE",), *[("RANDOMKEY",)] * SAMPLE]


def second_steps(names: Sequence[str], interval_s: float) -> list[Command | Pause]:
    """The counters are read last: what we look at ourselves counts as a lookup, too."""
    steps: list[Command | Pause] = [("PING",)]
    for name in names:
        steps += [("TYPE", name), ("TTL", name), ("MEMORY", "USAGE", name, "SAMPLES", WEIGHED)]
    return [*steps, ("INFO",), Pause(interval_s), ("INFO",)]


def sampled(answers: Sequence[Answer]) -> list[str]:
    """Each key once, in the order in which it came."""
    return list(dict.fromkeys(one for one in answers[3:] if isinstance(one, str)))


def document(
    first: Sequence[Answer],
    second: Sequence[Answer],
    prefixes: Sequence[str],
    interval_s: float,
) -> dict[str, Any] | None:
    """None when the server told nothing of itself."""
    before, after, total = second[-2], second[-1], first[2]
    if not isinstance(before, str) or not isinstance(after, str) or not isinstance(total, int):
        return None
    old, new = snapshot.fields(before), snapshot.fields(after)
    keys = list(known(sampled(first), second))
    return {
        "memory": snapshot.memory(new),
        "role": new.get("role", ""),
        "keys": {
            "total": total,
            "sampled": len(keys),
            "with_ttl_percent": percent([key for key in keys if key["ttl"] >= 0], keys),
            "prefixes": {prefix: share(prefix, keys, total) for prefix in prefixes},
            "shapes": shapes(keys),
            "big": biggest(keys),
        },
        "rates": rates(old, new, interval_s),
    }


def counted(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the server counts by itself, from its snapshot: whether it is full, without a sample."""
    databases = document["keyspace"].values()
    total, expiring = (sum(one.get(name, 0) for one in databases) for name in ("keys", "expires"))
    return {
        "memory": document["memory"],
        "role": document["role"].get("role", ""),
        "keys": {
            "total": total,
            "sampled": 0,
            "with_ttl_percent": round(100 * expiring / total, 1) if total else 0.0,
            "prefixes": {},
            "shapes": [],
            "big": [],
        },
        "rates": None,
    }


def known(names: Sequence[str], answers: Sequence[Answer]) -> Iterator[dict[str, Any]]:
    """The keys that are still there: some expire while they are looked at."""
    for number, name in enumerate(names):
        kind, ttl, size = answers[1 + ABOUT_A_KEY * number : 4 + ABOUT_A_KEY * number]
        if isinstance(size, int) and isinstance(ttl, int) and ttl != -2:
            yield {"name": name, "type": kind, "ttl": ttl, "bytes": size}


def share(prefix: str, keys: Sequence[Mapping[str, Any]], total: int) -> dict[str, Any]:
    """What a prefix has of all, by the sample."""
    own = [key for key in keys if key["name"].startswith(prefix)]
    about = total * len(own) // len(keys) if keys else 0
    mean = sum(key["bytes"] for key in own) // len(own) if own else 0
    return {"percent": percent(own, keys), "keys": about, "bytes": about * mean, "mean_bytes": mean}


def percent(some: Sequence[Any], all_of_them: Sequence[Any]) -> float:
    return round(100 * len(some) / len(all_of_them), 1) if all_of_them else 0.0


def shapes(keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = Counter(shape(key["name"]) for key in keys)
    return [{"shape": name, "sampled": number} for name, number in found.most_common(SHOWN)]


def biggest(keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    chosen = sorted(keys, key=lambda key: -key["bytes"])[:SHOWN]
    return [
        {"shape": shape(key["name"]), "type": key["type"], "bytes": key["bytes"]} for key in chosen
    ]


def shape(name: str) -> str:
    """`sess:4711` as `sess:*`: what follows the first word may be anybody's."""
    found = re.match(r"[A-Za-z_-]{1,20}[:./|]", name)
    return f"{found[0]}*" if found else "*"


def rates(old: Mapping[str, str], new: Mapping[str, str], seconds: float) -> dict[str, Any]:
    """Over the interval, not since the server's start; None when the counters began anew."""
    counts = {
        name: snapshot.number(new.get(name)) - snapshot.number(old.get(name)) for name in RATES
    }
    if any(count < 0 for count in counts.values()):
        counts = dict.fromkeys(RATES, 0)
    lookups = counts["keyspace_hits"] + counts["keyspace_misses"]
    rate = round(100 * counts["keyspace_hits"] / lookups, 1) if lookups else None
    return {
        "seconds": seconds,
        "lookups": lookups,
        "hit_percent": rate,
        "evicted": counts["evicted_keys"],
    }


def pattern(prefix: str, within: str | None = None) -> str:
    """A pattern that fits the prefix as it is written; behind it, anything, or what holds a text."""
    behind = "" if within is None else GLOB.sub(r"\\\1", within) + "*"
    return GLOB.sub(r"\\\1", prefix) + "*" + behind
