# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A client is meant by its whole name, and a key is not shown whole."""

from __future__ import annotations

import re

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import (
    client,
    counters,
    entry,
)


@pytest.mark.parametrize(
    ("rest", "wanted", "expected"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.77", "203.0.113.7", False),
        ("1203.0.113.7", "203.0.113.7", False),
        ("ip:203.0.113.7:/orders", "203.0.113.7", True),
        ("2001:db8::7", "2001:db8::7", True),
        ("2001:db8::7:login", "2001:db8::7", True),
        ("user/42", "42", True),
        ("user/421|42", "42", True),
        ("user/421", "42", False),
        ("user.42", "42", False),
        ("", "42", False),
    ],
)
def test_who_is_meant(rest: str, wanted: str, expected: bool) -> None:
    assert client.is_of(rest, wanted) is expected
    assert counters.meant(f"rl:{rest}", "rl:", wanted) is expected
    assert not counters.meant(f"cache:{rest}", "rl:", wanted)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("sk_live_0123456789abcdefgh", "sk_l…"),
        ("key:0123456789abcdefghijklmn:/orders", "key:0123…:/orders"),
        ("bob", "bob"),
    ],
)
def test_what_is_shown(name: str, expected: str) -> None:
    assert client.shown(name) == expected


@pytest.mark.parametrize("name", ["*", "a*", "", "a b", "a\nb", "-x", "x" * 200, "a?b", "[a]"])
def test_no_pattern_is_a_client(name: str) -> None:
    assert not re.fullmatch(client.PATTERN, name)


def test_counters_are_ranked() -> None:
    found = [counters.counter(f"rl:{n}", "rl:", str(n), 60_000) for n in range(1, 10)]
    found.append(counters.counter("rl:x", "rl:", "30", counters.NO_EXPIRY))
    said = counters.summary(found, 9, True, 12)
    assert (said["limited"], said["stuck"], said["requests"], said["top_percent"]) == (
        2,
        1,
        75,
        40.0,
    )
    assert said["top"][0]["client"] == "x" and said["frees_in_ms"] == 60_000
    assert counters.summary([], 9, True, 0)["limited"] == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("redis", "rate_limit: got 'redis'"),
        ({"redis": "redis"}, "rate_limit.limit: got 'None'"),
        ({"redis": "redis", "limit": 0}, "rate_limit.limit: got '0'"),
        ({"limit": 5}, "rate_limit.redis: got 'None'"),
        ({"redis": "redis", "limit": 5, "window": 1}, "rate_limit.window: unknown key"),
    ],
)
def test_the_catalogs_entry(given: object, says: str) -> None:
    with pytest.raises(InputError) as error:
        entry.of("rate_limit", given)
    assert says in str(error.value) and "for example" in str(error.value)
    assert entry.of("rate_limit", None) is None
    assert entry.of("x", {"redis": "redis", "limit": 5}) == entry.RateLimit("redis", 5)
