# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's entry: refused with one line where it cannot be acted on safely."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

DB: dict[str, Any] = {
    "kind": "postgresql",
    "platform": "external",
    "postgresql": {"via": "tcp", "host": "db.example.org", "user": "oncall"},
}
SERVICES = {"db": DB, "db-2": DB, "cache": {**DB, "kind": "redis"}}


def refused(text: str, call: Any, *arguments: Any) -> None:
    with pytest.raises(InputError, match=text) as caught:
        call(*arguments)
    message = str(caught.value)
    assert message.isprintable(), "one line without control characters"
    assert "hunter2" not in message


@pytest.mark.parametrize("name", ["db", "db-2"])
def test_entry_of(name: str) -> None:
    assert catalog.entry_of(SERVICES, name) is DB


@pytest.mark.parametrize(
    ("services", "name", "text"),
    [
        (SERVICES, "d", r"^service: 'd' is not in runbooks_services; .*known: db, db-2, cache;"),
        (SERVICES, "db2", r"did you mean db-2\? "),
        (SERVICES, "DB", "^service: 'DB' is not in runbooks_services"),
        ({}, "db", "known: none; for example runbooks_services: "),
        (None, "db", "^runbooks_services: got 'None'; allowed is a mapping"),
        ([DB], "db", "^runbooks_services: got .*; allowed is a mapping"),
        ("db", "db", "^runbooks_services: got 'db'; allowed is a mapping"),
        ([{"name": "db", "password": "hunter2"}], "db", "^runbooks_services: got"),
        ({"db": None}, "db", r"^runbooks_services\.db: got 'None'; allowed is a mapping"),
        ({"db": "external"}, "db", r"^runbooks_services\.db: got 'external'"),
        ({"db": "postgres://oncall:hunter2@db/shop"}, "db", r"^runbooks_services\.db: got"),
    ],
)
def test_no_entry(services: object, name: str, text: str) -> None:
    refused(text, catalog.entry_of, services, name)


@pytest.mark.parametrize(
    "entry",
    [
        DB,
        {**DB, "limits": {"max_terminate": 10}, "depends_on": [], "commands": {"pause": ["x"]}},
        {**DB, "platform": "command", "command": {"restart": ["pg_ctl", "restart"]}},
    ],
)
@pytest.mark.parametrize("kind", ["postgresql", ""])
def test_check(entry: dict[str, Any], kind: str) -> None:
    catalog.check("db", entry, kind)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"plattform": "external"}, r"\.plattform: unknown key; did you mean platform\? known are"),
        ({1: "x"}, r"\.1: unknown key; "),
        ({"kind": "Postgresql"}, r"\.kind: got 'Postgresql'; allowed is one of postgresql, redis"),
        ({"kind": None}, r"\.kind: got 'None'"),
        ({"kind": ["postgresql"]}, r"\.kind: got"),
        ({"kind": "redis"}, r"\.kind: got 'redis', but its host stands in .* kind_postgresql"),
        (
            {"platform": "Docker"},
            r"\.platform: got 'Docker'; allowed is one of command, compose, external",
        ),
        ({"platform": "Compose"}, r"\.platform: got 'Compose'"),
        ({"platform": None}, r"\.platform: got 'None'"),
        ({"commands": ["pause"]}, r"\.commands: got .*; allowed is a mapping"),
        ({"commands": {"pause": "npm run pause"}}, r"\.commands\.pause: got .*a list of arguments"),
        ({"commands": {"pause": []}}, r"\.commands\.pause: got"),
        ({"commands": {"pause": [1]}}, r"\.commands\.pause: got"),
        ({"replicas": 3}, r"\.replicas: got '3'; allowed is a mapping"),
        ({"replicas": {"maximum": 3}}, r"\.replicas\.maximum: unknown key"),
        ({"replicas": {"min": "two", "max": 3}}, r"\.replicas\.min: got 'two'"),
        ({"replicas": {"min": 4, "max": 3}}, r"\.replicas: got '4 to 3'"),
        ({"limits": ["max_terminate"]}, r"\.limits: got .*; allowed is a mapping"),
        ({"limits": "max_terminate: 5"}, r"\.limits: got"),
        # What is read as a mapping later must be one now.
        ({"platform": "command", "command": "restart.sh"}, r"\.command: got 'restart.sh'"),
        ({"platform": "command", "command": None}, r"\.command: got 'None'; allowed is a mapping"),
        ({"platform": "command", "command": ["restart"]}, r"\.command: got"),
    ],
)
def test_check_refuses(change: dict[Any, Any], text: str) -> None:
    refused(rf"^runbooks_services\.db{text}", catalog.check, "db", {**DB, **change}, "postgresql")


@pytest.mark.parametrize("missing", ["kind", "platform"])
def test_what_must_be_there(missing: str) -> None:
    entry = {key: value for key, value in DB.items() if key != missing}
    refused(rf"^runbooks_services\.db\.{missing}: got 'None'", catalog.check, "db", entry, "")


def at(platform: str = "external", kind: str = "postgresql", **place: Any) -> dict[str, Any]:
    """An entry whose place is given by its kind."""
    entry: dict[str, Any] = {"kind": kind, "platform": platform, kind: {"via": "tcp", **place}}
    return {**entry, "command": {"restart": ["x"]}} if platform == "command" else entry


COMPOSE = {"kind": "postgresql", "platform": "compose"}
EXAMPLE = at(host="db.example.org", port=5432)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (EXAMPLE, EXAMPLE),
        (EXAMPLE, at(host="db.example.org", port=5432, user="other", database="x")),
        # the default port, said or not; a number or its digits
        (EXAMPLE, at(host="db.example.org")),
        (EXAMPLE, at(host="db.example.org", port="5432")),
        # names of hosts know no case
        (EXAMPLE, at(host="DB.Example.org.", port=5432)),
        # how it is restarted makes it no other server
        (EXAMPLE, at("command", host="db.example.org", port=5432)),
    ],
)
def test_one_server_is_one_lock(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert catalog.lock_name("db", one) == catalog.lock_name("shop-database", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (EXAMPLE, at(host="db2.example.org", port=5432)),
        (EXAMPLE, at(host="db.example.org", port=5433)),
        (EXAMPLE, at(kind="redis", host="db.example.org", port=5432)),
        (at(host="a_b"), at(host="a.b")),
        (at(host="a/b"), at(host="a_b")),
        (at("command", host="a"), at("command", host="b")),
        (
            {**COMPOSE, "compose": {"project_dir": "/opt/a", "service": "db"}},
            {**COMPOSE, "compose": {"project_dir": "/opt/b", "service": "db"}},
        ),
        (
            {**COMPOSE, "compose": {"project_dir": "/opt/a", "service": "db"}},
            {**COMPOSE, "compose": {"project_dir": "/opt/a", "service": "db2"}},
        ),
    ],
)
def test_two_servers_are_two_locks(one: dict[str, Any], other: dict[str, Any]) -> None:
    # Two products may call theirs by the same name.
    assert catalog.lock_name("db", one) != catalog.lock_name("db", other)


def unit(name: str, kind: str = "http", **more: str) -> dict[str, Any]:
    return {"kind": kind, "platform": "systemd", "systemd": {"unit": name, **more}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (unit("api"), unit("api.service", "worker")),
        (unit("api"), unit("api", scope="system", releases_dir="/opt/a", current="/opt/b")),
        (
            {**COMPOSE, "compose": {"project_dir": "/opt/a", "service": "db"}},
            {
                **COMPOSE,
                "compose": {"project_dir": "/opt/a/", "service": "db", "project": "a"},
                "postgresql": {"via": "tcp", "host": "127.0.0.1"},
            },
        ),
    ],
)
def test_one_thing_of_a_host_is_one_lock(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert catalog.lock_name("api", one) == catalog.lock_name("shop-api", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (unit("api"), unit("api.timer")),
        (unit("api"), unit("api", scope="user")),
        (unit("api@1"), unit("api@2")),
    ],
)
def test_two_units_are_two_locks(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert catalog.lock_name("api", one) != catalog.lock_name("api", other)


@pytest.mark.parametrize(
    "entry", [{"kind": "worker", "platform": "external"}, at(host=None), {**DB, "postgresql": {}}]
)
def test_without_a_place_the_name_decides(entry: dict[str, Any]) -> None:
    assert catalog.lock_name("db", entry) == catalog.lock_name("db", entry)
    assert catalog.lock_name("db", entry) != catalog.lock_name("db-2", entry)


@pytest.mark.parametrize(
    "host",
    ["../../etc/passwd", "/var/run/postgresql", "x" * 500, "größe", "a b\n;$(id)", "::1", "-"],
)
def test_a_lock_name_is_a_plain_file_name(host: str) -> None:
    name = catalog.lock_name("db", at(host=host))
    assert re.fullmatch(r"postgresql[A-Za-z0-9._-]{1,100}", name)
