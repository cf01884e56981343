# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each kind of service must have in its catalog entry: one function a kind."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry as chains
from ansible_collections.oncall.runbooks.plugins.module_utils.entries import known_keys, mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import way
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import entry as queues
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import way as redis_ways
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import WayError, as_input

Answer = TypeVar("Answer")
REDIS_EXAMPLE = (
    "redis: {via: tcp, host: redis.example.org, password_file: /etc/oncall/redis.password}"
)
LOOPBACK_NAMES = (
    "localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
)
POSTGRESQL_WAY = (
    "via",
    "host",
    "port",
    "database",
    "user",
    "password_file",
    "password_env",
    "password",
    "sslmode",
    "sslrootcert",
)
POSTGRESQL = (
    *POSTGRESQL_WAY,
    "admin",
    "pooler",
    "standbys",
    "synchronous",
    "app_roles",
    "protected_roles",
    "protected_applications",
)


def check(kind: str, service: str, entry: Mapping[str, Any], local: bool) -> None:
    judge, section = CHECKS.get(kind), SECTIONS.get(kind, kind)
    if judge:
        judge(f"runbooks_services.{service}.{section}", entry.get(section), local)


def postgresql(path: str, given: object, local: bool) -> None:
    entry = mapping(
        path, given, "postgresql: {via: tcp, host: db.example.org, database: shop, user: oncall}"
    )
    known_keys(path, entry, POSTGRESQL)
    for name in ("admin", "pooler"):
        if name in entry:
            known_keys(
                f"{path}.{name}",
                mapping(f"{path}.{name}", entry[name], "{via: exec, user: postgres}"),
                POSTGRESQL_WAY,
            )
    for name in (
        "standbys",
        "synchronous",
        "app_roles",
        "protected_roles",
        "protected_applications",
    ):
        names(f"{path}.{name}", entry.get(name, []))
    for chosen in ("normal", "admin", "pooler"):
        if chosen == "normal" or chosen in entry:
            resolved = postgresql_way(path, entry, chosen)
            refuse_loopback(path if chosen == "normal" else f"{path}.{chosen}", resolved, local)


def postgresql_way(path: str, entry: Mapping[str, Any], name: str) -> way.Way:
    """The way with its password, read here on the controller."""
    return judged("postgresql", path, lambda: way.resolve(dict(entry), name, os.environ))


def redis(path: str, given: object, local: bool) -> None:
    """Only the runbooks on Redis itself need to get in."""
    if given is None:
        return
    entry = mapping(path, given, REDIS_EXAMPLE)
    known_keys(path, entry, redis_ways.KEYS)
    redis_keyspace(path, entry)
    refuse_loopback(path, redis_way(path, entry), local)


def redis_way(path: str, entry: Mapping[str, Any]) -> redis_ways.Way:
    return judged("redis", path, lambda: redis_ways.resolve(dict(entry), os.environ))


def redis_keyspace(path: str, entry: Mapping[str, Any]) -> redis_ways.Keyspace:
    return judged("redis", path, lambda: redis_ways.keyspace(dict(entry)))


def queue(path: str, given: object, _local: bool) -> None:
    """Only the runbooks on queues need to know where it is kept."""
    if given is not None:
        queues.of(path, given)


def bot(path: str, given: object, local: bool) -> None:
    """Only the runbooks on the bot itself need to know it."""
    # What asks an address imports this file.
    from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import entry as bots

    if given is None:
        return
    asked = bots.of(path, given, os.environ).endpoint
    host = urlsplit(asked.url).hostname  # the rest of it may hold what nobody else must see
    if asked.place == "controller" and not local and is_loopback(host):
        raise refusal(
            f"{path}.endpoint.url",
            host,
            "an address that the controller reaches, or from: host; a loopback one is the "
            "controller's own, and this service's connection is not local",
            bots.ENDPOINT,
        )


def judged(kind: str, path: str, judge: Callable[[], Answer]) -> Answer:
    """What is wrong is told with the whole path of the key."""
    try:
        return judge()
    except WayError as error:
        text = str(error)
        named = text.replace(kind, path, 1) if text.startswith(kind) else f"{path}.{text}"
        raise as_input(error, named) from None


def refuse_loopback(path: str, chosen: way.Way | redis_ways.Way, local: bool) -> None:
    """'127.0.0.1' of a remote service is, over tcp, some other server: the controller's own."""
    if chosen.via != "tcp" or local or not is_loopback(chosen.host):
        return
    raise refusal(
        f"{path}.host",
        chosen.host,
        "an address that the controller reaches, or via: exec; a loopback one is the "
        "controller's own, and this service's connection is not local",
        "host: db.example.org",
    )


def is_loopback(host: str | None) -> bool:
    """The addresses and names by which a machine calls itself, as the resolver reads them."""
    name = (host or "").lower().rstrip(".")
    if not name or name.startswith("/") or name in LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def names(path: str, given: object) -> None:
    if not isinstance(given, (list, tuple)) or not all(
        isinstance(item, str) and item for item in given
    ):
        raise refusal(path, given, "a list of names", f"{path.rpartition('.')[2]}: [app]")


# Where an entry says what it takes to be asked about its kind, when that is not called as the kind.
SECTIONS = {"bot": "telegram"}


def optional(judge: Callable[[str, object], object], path: str, given: object) -> None:
    """Only the runbooks on the chain itself need it."""
    if given is not None:
        judge(path, given)


CHECKS: dict[str, Callable[[str, object, bool], None]] = {
    "bot": bot,
    "postgresql": postgresql,
    "redis": redis,
    "queue": queue,
    "wallet": lambda path, given, _local: optional(chains.wallet, path, given),
    "chain_node": lambda path, given, _local: optional(chains.chain_node, path, given),
    "indexer": lambda path, given, _local: optional(chains.indexer, path, given),
}
