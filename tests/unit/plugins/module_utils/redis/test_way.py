# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A redis entry of the catalog: the way, and the prefixes that may be deleted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import way
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import WayError

TCP: dict[str, Any] = {"via": "tcp", "host": "redis.example.org"}


def no_file(path: str) -> str:
    raise AssertionError(f"{path} is read")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (TCP, way.Way("tcp", "redis.example.org", 6379)),
        ({"via": "exec"}, way.Way("exec")),
        ({**TCP, "port": "6380", "database": "3"}, way.Way("tcp", "redis.example.org", 6380, 3)),
        (
            {**TCP, "username": "oncall", "password": "hunter2", "tls": True, "tls_ca": "/ca.pem"},
            way.Way("tcp", "redis.example.org", 6379, 0, "oncall", True, "/ca.pem", "hunter2"),
        ),
        ({"via": "exec", "host": "/run/redis.sock"}, way.Way("exec", "/run/redis.sock")),
    ],
)
def test_ways(entry: dict[str, Any], expected: way.Way) -> None:
    found = way.resolve(entry, {}, no_file)
    assert found == expected
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, r"redis\.via: got nothing"),
        ({"via": "ssh"}, r"redis\.via: got 'ssh'"),
        ({"via": "tcp"}, r"redis\.host: got nothing"),
        ({**TCP, "port": 0}, r"redis\.port"),
        ({**TCP, "port": True}, r"redis\.port"),
        ({**TCP, "database": -1}, r"redis\.database"),
        ({**TCP, "database": "one"}, r"redis\.database"),
        ({**TCP, "tls": "yes"}, r"redis\.tls: got 'yes'"),
        ({**TCP, "username": "oncall"}, r"redis\.username"),
        ({**TCP, "password": "a", "password_env": "B"}, r"redis: got password_env and password"),
        ({**TCP, "password": "two\nlines"}, r"redis\.password: got more than that"),
    ],
)
def test_refused_ways(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(WayError, match=said) as caught:
        way.resolve(entry, {}, no_file)
    assert "two" not in str(caught.value)


@pytest.mark.parametrize("name", ["cache_prefixes", "rate_limit_prefixes"])
@pytest.mark.parametrize(
    "given",
    [
        "cache:",
        [""],
        [":"],
        ["*"],
        ["a"],
        ["ca*"],
        ["ca?he:"],
        ["[ab]:"],
        ["a\\b:"],
        ["a\n:"],
        [1],
        {"a": 1},
        ["::"],
    ],
)
def test_prefixes_that_mean_more_than_they_say(name: str, given: object) -> None:
    with pytest.raises(WayError, match=rf"redis\.{name}"):
        way.keyspace({name: given})


@pytest.mark.parametrize(
    "entry",
    [
        {"cache_prefixes": ["cache:", "cache:html:"]},
        {"cache_prefixes": ["app:"], "rate_limit_prefixes": ["app:limit:"]},
        {"cache_prefixes": ["app:limit:"], "rate_limit_prefixes": ["app:"]},
        {"cache_prefixes": ["cache:"], "rate_limit_prefixes": ["cache:"]},
        {"role": "primary"},
    ],
)
def test_prefixes_that_cover_others(entry: dict[str, Any]) -> None:
    with pytest.raises(WayError):
        way.keyspace(entry)


def test_a_keyspace() -> None:
    given = {
        "role": "queue",
        "cache_prefixes": ["cache:", "html:"],
        "protected_clients": ["worker"],
    }
    assert way.keyspace(given) == way.Keyspace("queue", ("cache:", "html:"), (), ("worker",))
    assert way.keyspace({}) == way.Keyspace(None, (), (), ())
