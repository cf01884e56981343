# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a queue is kept in, and what its jobs' queues are called: a service's `queue` entry of the catalog."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    Entry,
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, refusal

EXAMPLE = "queue: {software: bullmq, redis: redis, names: [email]}"
KEYS = ("software", "redis", "prefix", "names")
SOFTWARE = ("bullmq",)
PREFIX = "bull"
# BullMQ itself refuses a colon in a queue's name.
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
NAMES_MAX = 50


@dataclass(frozen=True)
class Queue:
    redis: str  # the catalog's name of the server that keeps it
    prefix: str
    names: tuple[str, ...]

    def chosen(self, wanted: object) -> tuple[str, ...]:
        """The one that a person names, else all."""
        if wanted is None:
            return self.names
        if wanted not in self.names:
            allowed = f"one of the catalog's queue.names ({', '.join(self.names)})"
            raise refusal("queue", wanted, allowed, f"-e queue={self.names[0]}")
        return (str(wanted),)


def of(path: str, given: object) -> Queue:
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, KEYS, EXAMPLE)
    one_of(f"{path}.software", entry.get("software"), SOFTWARE)
    return Queue(_redis(path, entry), _prefix(path, entry), _names(path, entry))


def _redis(path: str, entry: Entry) -> str:
    given = entry.get("redis")
    if isinstance(given, str) and given:
        return given
    raise refusal(
        f"{path}.redis", given, "the catalog's name of the Redis that keeps it", "redis: redis"
    )


def _prefix(path: str, entry: Entry) -> str:
    given = entry.get("prefix", PREFIX)
    if isinstance(given, str) and re.fullmatch(r"[!-~]{1,100}", given):
        return given
    raise refusal(
        f"{path}.prefix", given, "the prefix that its program gives BullMQ", "prefix: bull"
    )


def _names(path: str, entry: Entry) -> tuple[str, ...]:
    given = entry.get("names")
    fits = (
        isinstance(given, Sequence) and not isinstance(given, str) and 0 < len(given) <= NAMES_MAX
    )
    if not fits or not all(isinstance(one, str) and re.fullmatch(NAME, one) for one in given or ()):
        allowed = f"a list of 1 to {NAMES_MAX} names of queues, without colons"
        raise refusal(f"{path}.names", given, allowed, "names: [email]")
    names = [str(one) for one in given or ()]
    if len(set(names)) < len(names):
        raise InputError(
            f"{path}.names: got a name twice; allowed is each once; for example names: [email]"
        )
    return tuple(names)
