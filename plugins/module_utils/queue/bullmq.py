# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What BullMQ keeps of a queue in Redis, read without listing it: the cost does not grow with its jobs.

Its keys, by the npm package's scripts (dist/cjs/commands, versions 5 and 6): `wait` and `active`
are lists, the oldest of `wait` at its end; `prioritized`, `delayed`, `failed` and `completed` are
sorted sets; `id` counts every job that was ever added; `meta` holds `paused` and the version. Version 5
keeps the jobs of a paused queue in the list `paused`, version 6 leaves them in `wait`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.queue import failures
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import clients, snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Command,
    Pause,
)

# Looked at of the failed jobs, of those when some of them are meant, and of the jobs in work.
SAMPLE, SAMPLE_OF_SOME, ACTIVE = 200, 2000, 50
META = ("paused", "version")
LISTS = ("wait", "paused", "active")
SETS = ("prioritized", "delayed", "waiting-children", "failed", "completed")
# What is still to be done, in any way.
OPEN = ("wait", "paused", "active", "prioritized", "delayed", "waiting-children")
# The value of `paused` in a queue that we paused. BullMQ asks only whether there is one, and
# writes 1 itself: so a pause of a person's is never taken for ours.
MARK = "oncall.runbooks:"
GENERATIONS = (5, 6)


def base(prefix: str, name: str) -> str:
    return f"{prefix}:{name}:"


def mark(incident: str) -> str:
    return f"{MARK}{incident}"


def generation(version: str | None) -> int | None:
    """The major version whose ways with a queue are known; None for any other."""
    found = re.fullmatch(r"bullmq(?:-pro)?:(\d{1,3})\..*", version or "")
    return int(found[1]) if found and int(found[1]) in GENERATIONS else None


def worker_name(prefix: str, name: str) -> str:
    """What a worker's blocking connection is called (CLIENT SETNAME); its own name may follow."""
    return f"{prefix}:{base64.b64encode(name.encode()).decode()}"


def counted(key: str) -> list[Command]:
    """The figures that are read twice."""
    return [
        *[("LLEN", key + name) for name in LISTS],
        *[("ZCARD", key + name) for name in SETS],
        ("GET", f"{key}id"),
    ]


FIGURES = (*LISTS, *SETS, "id")


def first_steps(keys: Sequence[str], interval_s: float) -> list[Command | Pause]:
    """Both readings of the figures in one connection, so that nothing but the pause lies between them."""
    steps: list[Command | Pause] = [("PING",), ("INFO",), ("CLIENT", "LIST"), ("TIME",)]
    for key in keys:
        steps += [("HMGET", f"{key}meta", *META), *counted(key), *ends(key)]
    steps += [Pause(interval_s), ("TIME",)]
    for key in keys:
        steps += counted(key)
    return steps


def ends(key: str) -> list[Command]:
    """Who has waited for the longest, what holds them, and who is worked on."""
    return [
        ("LINDEX", f"{key}wait", "-1"),
        ("LINDEX", f"{key}paused", "-1"),
        ("ZRANGE", f"{key}prioritized", "0", "0"),
        ("PTTL", f"{key}limiter"),
        active(key),
    ]


def active(key: str) -> Command:
    return ("LRANGE", f"{key}active", "0", str(ACTIVE - 1))


ENDS = 5
OPENING = 4
EACH = 1 + len(FIGURES) + ENDS


class First:
    """The answers to first_steps(), by queue."""

    def __init__(self, keys: Sequence[str], answers: Sequence[Answer]) -> None:
        self.keys, self.answers = keys, answers
        self.after_at = OPENING + EACH * len(keys)

    def _of(self, number: int) -> Sequence[Answer]:
        at = OPENING + EACH * number
        return self.answers[at : at + EACH]

    def meta(self, number: int) -> dict[str, str | None]:
        given = self._of(number)[0]
        values = given if isinstance(given, list) else [None] * len(META)
        return {name: _text(value) for name, value in zip(META, values, strict=True)}

    def before(self, number: int) -> dict[str, int]:
        return _figures(self._of(number)[1 : 1 + len(FIGURES)])

    def after(self, number: int) -> dict[str, int]:
        at = self.after_at + 1 + len(FIGURES) * number
        return _figures(self.answers[at : at + len(FIGURES)])

    def oldest(self, number: int) -> list[str]:
        first, paused, prioritized, _limited, _active = self._of(number)[-ENDS:]
        found = [first, paused, *(prioritized if isinstance(prioritized, list) else [])]
        return [one for one in found if isinstance(one, str)]

    def limited_ms(self, number: int) -> int:
        """For how long the rate limit of its workers lets none of them take a job."""
        return max(0, snapshot.number(self._of(number)[-2]))

    def active(self, number: int) -> list[str]:
        found = self._of(number)[-1]
        return [str(one) for one in found] if isinstance(found, list) else []

    @property
    def began(self) -> float:
        return _time(self.answers[OPENING - 1])

    @property
    def ended(self) -> float:
        return _time(self.answers[self.after_at])

    def workers(self, name: str) -> int | None:
        """None where the connections may not be listed."""
        listed = self.answers[2]
        if not isinstance(listed, str):
            return None
        names = [str(one.get("name", "")) for one in clients.parse(listed)]
        return sum(one == name or one.startswith(f"{name}:w:") for one in names)


def second_steps(first: First, sample: int = SAMPLE) -> list[Command | Pause]:
    """Looked up by what the first answers named."""
    steps: list[Command | Pause] = [("PING",)]
    for number, key in enumerate(first.keys):
        steps += [("HMGET", key + one, "timestamp", "delay") for one in first.oldest(number)]
        steps += [("EXISTS", f"{key}{one}:lock") for one in first.active(number)]
        # Those that are still there have no lock, and are not just done.
        steps += [active(key)]
        steps += [
            ("ZRANGE", f"{key}failed", str(rank), str(rank), "WITHSCORES")
            for rank in ranks(first.after(number)["failed"], sample)
        ]
    return steps


def ranks(total: int, sample: int = SAMPLE) -> list[int]:
    """Spread over all that failed, the first and the last among them."""
    if total <= sample:
        return list(range(total))
    return sorted({round(number * (total - 1) / (sample - 1)) for number in range(sample)})


def third_steps(key: str, listed: Sequence[tuple[str, str]]) -> list[Command]:
    return [("HMGET", key + number, "name", "failedReason") for number, _score in listed]


def jobs_of(listed: Sequence[tuple[str, str]], answers: Sequence[Answer]) -> list[failures.Job]:
    """Those that are still there: one may have been removed since it was listed."""
    return [
        failures.job(number, score, *answer)
        for (number, score), answer in zip(listed, answers, strict=True)
        if isinstance(answer, list) and len(answer) == 2 and answer != [None, None]
    ]


def scored(answer: Answer) -> list[tuple[str, str]]:
    """Of ZRANGE … WITHSCORES."""
    if not isinstance(answer, list):
        return []
    flat = [str(one) for one in answer]
    return list(zip(flat[::2], flat[1::2], strict=False))


def rates(first: First, number: int) -> dict[str, Any]:
    """Over the interval: what came, and what was done with. A queue that was emptied meanwhile tells nothing."""
    old, new = first.before(number), first.after(number)
    seconds = max(0.001, first.ended - first.began)
    arrived = max(0, new["id"] - old["id"])
    more = sum(new[name] - old[name] for name in OPEN)
    return {
        "seconds": round(seconds, 3),
        "arrived": arrived,
        "drained": max(0, arrived - more),
        "failed": max(0, new["failed"] - old["failed"]),
    }


def paused_by(value: str | None) -> str | None:
    """The incident that paused it, `person`, or None when it runs."""
    if value is None:
        return None
    return value.removeprefix(MARK) if value.startswith(MARK) else "person"


def age(now: float, found: Sequence[Answer]) -> float | None:
    """How long the oldest could have been worked on by now."""
    ages = []
    for answer in found:
        if isinstance(answer, list) and len(answer) == 2 and answer[0] is not None:
            due = snapshot.number(answer[0]) + snapshot.number(answer[1])
            ages.append(max(0.0, now - due / 1000))
    return round(max(ages), 1) if ages else None


def _figures(answers: Sequence[Answer]) -> dict[str, int]:
    return {name: snapshot.number(one) for name, one in zip(FIGURES, answers, strict=True)}


def _text(value: Answer) -> str | None:
    return None if value is None else str(value)


def _time(answer: Answer) -> float:
    if isinstance(answer, list) and len(answer) == 2:
        return snapshot.number(answer[0]) + snapshot.number(answer[1]) / 1e6
    return 0.0


def counts(figures: Mapping[str, int]) -> dict[str, int]:
    return {name.replace("-", "_"): figures[name] for name in (*LISTS, *SETS)}
