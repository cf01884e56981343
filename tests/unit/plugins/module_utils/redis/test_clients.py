# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose connection may be ended: only one that does nothing, and is nobody's to leave alone."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import clients

LINE = (
    "id={id} addr=10.0.0.7:4{id} laddr=10.0.0.1:6379 fd=8 name={name} age=900 idle={idle} flags={flags} db=0 "
    "sub={sub} psub=0 ssub=0 multi={multi} watch=0 qbuf=0 cmd={cmd} user=default lib-name=ioredis"
)
NORMAL = {"id": 7, "name": "shop", "idle": 900, "flags": "N", "sub": 0, "multi": -1, "cmd": "get"}


def line(**given: object) -> str:
    return LINE.format(**{**NORMAL, **given})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ""),
        ({"flags": "U"}, ""),
        ({"flags": "t"}, ""),
        ({"id": 3}, "own"),
        ({"flags": "S", "cmd": "replconf"}, "replication"),
        ({"flags": "M"}, "replication"),
        ({"flags": "P"}, "listening"),
        ({"sub": 1}, "listening"),
        ({"flags": "O", "cmd": "monitor"}, "listening"),
        ({"flags": "b", "cmd": "bzpopmin"}, "blocked"),
        ({"cmd": "bzpopmin"}, "blocked"),
        ({"cmd": "brpoplpush"}, "blocked"),
        ({"cmd": "blmove"}, "blocked"),
        ({"cmd": "xreadgroup"}, "blocked"),
        ({"cmd": "blpop"}, "blocked"),
        ({"flags": "x"}, "transaction"),
        ({"multi": 0}, "transaction"),
        ({"name": "worker"}, "protected"),
        ({"name": "sentinel-1a2b-cmd"}, "protected"),
        ({"flags": "c"}, "otherwise_busy"),
        ({"idle": 299}, "young"),
        # These only look like one that blocks.
        ({"cmd": "bitpos"}, ""),
        ({"cmd": "client|setname"}, ""),
    ],
)
def test_why_not(given: dict[str, object], why: str) -> None:
    (client,) = clients.parse(line(**given))
    assert clients.why_not(client, 3, ("worker",), 300) == why


def test_sorted_out() -> None:
    text = "\n".join(
        [
            line(id=3, name="", idle=0),
            line(id=4, idle=400),
            line(id=5, idle=900, name=""),
            line(id=6, flags="b", cmd="blpop"),
            line(id=8, idle=1),
        ]
    )
    found = clients.sorted_out(clients.parse(text), 3, (), 300)
    assert found["connected"] == 5
    assert [one["id"] for one in found["endable"]] == [5, 4]
    assert found["kept"] == {"own": 1, "blocked": 1, "young": 1}
    assert found["groups"] == [{"who": "shop", "clients": 3}, {"who": "10.0.0.7", "clients": 1}]


def test_what_is_no_client() -> None:
    assert clients.parse("") == []
    assert clients.parse("# nothing\nname=x") == []
