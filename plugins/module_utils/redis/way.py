# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to reach a server, and what its keys are: a service's `redis` entry of the catalog, judged and completed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.oncall.runbooks.plugins.module_utils.private_file import read_private
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import (
    Entry,
    Keys,
    password_of,
    wrong,
)

VIAS = ("tcp", "exec")
ROLES = ("cache", "queue", "session")
PORT = 6379
KEYS = (
    "via",
    "host",
    "port",
    "database",
    "username",
    "password_file",
    "password_env",
    "password",
    "tls",
    "tls_ca",
    "role",
    "cache_prefixes",
    "rate_limit_prefixes",
    "protected_clients",
)
# Redis has no more than this many unless somebody raised it; the server judges.
DATABASE_MAX = 9999
# What nobody calls a cache: the usual beginnings of queues' and sessions' keys.
NO_CACHE = (
    *(
        "bull",
        "bullmq",
        "queue",
        "queues",
        "celery",
        "kombu",
        "resque",
        "sidekiq",
        "rq",
        "job",
        "jobs",
    ),
    *("sess", "session", "sessions"),
)
# A prefix shorter than this names everything and nothing.
PREFIX_MIN = 2


@dataclass(frozen=True)
class Way:
    """The way to a server. The password is left out of its repr."""

    via: str
    host: str | None = None
    port: int | None = None
    database: int = 0
    username: str | None = None
    tls: bool = False
    tls_ca: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def by_socket(self) -> bool:
        return self.host is not None and self.host.startswith("/")

    @property
    def user(self) -> str:
        return self.username or "default"


@dataclass(frozen=True)
class Keyspace:
    """What the catalog says of the keys: what may be deleted, and whom to leave alone."""

    role: str | None
    cache_prefixes: tuple[str, ...]
    rate_limit_prefixes: tuple[str, ...]
    protected_clients: tuple[str, ...]


def resolve(
    entry: Entry, env: Mapping[str, str], read_file: Callable[[str], str] = read_private
) -> Way:
    """The way of a `redis` mapping, with its password."""
    keys = Keys("redis", entry)
    via = keys.choice("via", VIAS)
    if via is None:
        raise wrong("redis.via", None, f"one of {', '.join(VIAS)}", "via: tcp")
    host = keys.host()
    if via == "tcp" and host is None:
        raise wrong(
            "redis.host", None, "a name or address, with via: tcp", "host: redis.example.org"
        )
    port = keys.port()
    if port is None and via == "tcp":
        port = PORT
    password = password_of(keys, env, read_file)
    username = keys.text("username", "oncall")
    if username is not None and password is None:
        raise wrong(
            "redis.username",
            username,
            "a user with its password",
            "password_file: /etc/oncall/redis.password",
        )
    return Way(
        via,
        host,
        port,
        _database(entry),
        username,
        _flag(entry, "tls"),
        keys.text("tls_ca", "/etc/ssl/redis-ca.pem"),
        password,
    )


def keyspace(entry: Entry) -> Keyspace:
    """Refuses prefixes that would delete more than they say."""
    role = Keys("redis", entry).choice("role", ROLES)
    cache = _prefixes(entry, "cache_prefixes")
    limits = _prefixes(entry, "rate_limit_prefixes")
    for one, other in ((one, other) for one in (*cache, *limits) for other in (*cache, *limits)):
        if one != other and other.startswith(one):
            raise wrong(
                "redis.cache_prefixes" if one in cache else "redis.rate_limit_prefixes",
                one,
                f"a prefix that does not cover another one ({other})",
                f"cache_prefixes: [{other}]",
            )
    for both in set(cache) & set(limits):
        raise wrong(
            "redis.rate_limit_prefixes",
            both,
            "a prefix that is not one of cache_prefixes",
            "[rate_limit:]",
        )
    return Keyspace(role, cache, limits, tuple(_texts(entry, "protected_clients", "[worker]")))


def _prefixes(entry: Entry, name: str) -> tuple[str, ...]:
    example = "[cache:]" if name == "cache_prefixes" else "[rate_limit:]"
    found = _texts(entry, name, example)
    for prefix in found:
        if (
            len(prefix) < PREFIX_MIN
            or not re.search(r"[A-Za-z0-9]", prefix)
            or not prefix.isprintable()
        ):
            allowed = f"{PREFIX_MIN} characters or more, with a letter or a digit: less names everybody's keys"
            raise wrong(f"redis.{name}", prefix, allowed, example)
        if re.split(r"[:._-]", prefix.lower().lstrip("_"))[0] in NO_CACHE:
            allowed = "the beginning of what may be lost; these are a queue's, or sessions"
            raise wrong(f"redis.{name}", prefix, allowed, example)
        if re.search(r"[*?\[\]\\]", prefix):
            raise wrong(
                f"redis.{name}", prefix, "the plain beginning of the keys, not a pattern", example
            )
    return tuple(dict.fromkeys(found))


def _texts(entry: Entry, name: str, example: str) -> Sequence[str]:
    given = entry.get(name)
    if given is None:
        return ()
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
        raise wrong(f"redis.{name}", given, "a list of texts", f"{name}: {example}")
    return [str(one) for one in given]


def _flag(entry: Entry, name: str) -> bool:
    value = entry.get(name)
    if value not in (None, True, False):
        raise wrong(f"redis.{name}", value, "true or false", f"{name}: true")
    return bool(value)


def _database(entry: Entry) -> int:
    value = entry.get("database")
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value):
        value = int(value)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= DATABASE_MAX:
        raise wrong(
            "redis.database", value, f"a whole number from 0 to {DATABASE_MAX}", "database: 0"
        )
    return int(value)
