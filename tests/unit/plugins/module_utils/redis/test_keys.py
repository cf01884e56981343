# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a sample of keys says of all of them, and what of their names is kept."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import keys
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Pause

INFO = "# Server\nrole:master\nused_memory:900\nmaxmemory:1000\nkeyspace_hits:{}\nkeyspace_misses:{}\nevicted_keys:{}"


def read(names: list[str], sizes: list[Any], total: int = 100) -> dict[str, Any]:
    first: list[Any] = ["PONG", INFO, total, *names]
    second: list[Any] = ["PONG"]
    for size in sizes:
        second += ["string", -1 if size else -2, size]
    second += [INFO.format(10, 10, 0), INFO.format(40, 20, 5)]
    found = keys.document(first, second, ["cache:", "html:"], 2.0)
    assert found
    return found


def test_a_sample() -> None:
    names = ["cache:1", "cache:2", "sess:ab12", "gone"]
    assert keys.sampled(["PONG", "", 4, *names, "cache:1", None]) == names
    found = read(names, [10, 30, 500, None])["keys"]
    assert (found["total"], found["sampled"], found["with_ttl_percent"]) == (100, 3, 0.0)
    assert found["prefixes"] == {
        "cache:": {"percent": 66.7, "keys": 66, "bytes": 1320, "mean_bytes": 20},
        "html:": {"percent": 0.0, "keys": 0, "bytes": 0, "mean_bytes": 0},
    }
    assert found["big"][0] == {"shape": "sess:*", "type": "string", "bytes": 500}
    assert found["shapes"][0] == {"shape": "cache:*", "sampled": 2}


def test_the_rates_are_of_the_interval() -> None:
    assert read([], [])["rates"] == {
        "seconds": 2.0,
        "lookups": 40,
        "hit_percent": 75.0,
        "evicted": 5,
    }
    # CONFIG RESETSTAT, or another server behind the address.
    began = keys.rates({"keyspace_hits": "9"}, {"keyspace_hits": "1"}, 1.0)
    assert (began["lookups"], began["hit_percent"]) == (0, None)


def test_nothing_is_read_twice_the_whole() -> None:
    assert len(keys.first_steps()) == keys.SAMPLE + 3
    steps = keys.second_steps(["a"], 2.0)
    # What is looked at for the sample is looked up before the interval.
    assert steps[-3:] == [("INFO",), Pause(2.0), ("INFO",)]
    words = {step[0] for step in [*keys.first_steps(), *steps] if not isinstance(step, Pause)}
    assert words == {"PING", "INFO", "DBSIZE", "RANDOMKEY", "TYPE", "TTL", "MEMORY"}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("sess:4711", "sess:*"),
        ("user:ada@example.org:cart", "user:*"),
        ("user.ada.cart", "user.*"),
        ("ada", "*"),
        ("a" * 30 + ":", "*"),
        ("tok9f8e7d:x", "*"),
        ("cache\udcff:x", "*"),
    ],
)
def test_shapes(name: str, shape: str) -> None:
    assert keys.shape(name) == shape


@pytest.mark.parametrize(
    ("prefix", "pattern"),
    [
        ("cache:", "cache:*"),
        ("a*b", r"a\*b*"),
        ("a?b", r"a\?b*"),
        ("[a-b]^", r"\[a\-b\]\^*"),
        ("a\\b", "a\\\\b*"),
    ],
)
def test_patterns_fit_only_the_prefix(prefix: str, pattern: str) -> None:
    assert keys.pattern(prefix) == pattern


@pytest.mark.parametrize(
    ("keyspace", "total", "percent"),
    [
        ({}, 0, 0.0),
        ({"db0": {"keys": 30, "expires": 3}}, 30, 10.0),
        ({"db0": {"keys": 30, "expires": 0}, "db5": {"keys": 10, "expires": 10}}, 40, 25.0),
    ],
)
def test_what_the_server_counts_by_itself(
    keyspace: dict[str, Any], total: int, percent: float
) -> None:
    snapshot = {"keyspace": keyspace, "memory": {"used_memory": 1}, "role": {"role": "master"}}
    found = keys.counted(snapshot)
    assert (found["keys"]["total"], found["keys"]["with_ttl_percent"]) == (total, percent)
    assert found["memory"] == {"used_memory": 1} and found["role"] == "master"
