# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who takes part and should not, and unasked: who does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import traffic as check
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import (
    member,
    reading,
    refused,
)

A = member("a", "in_use", pool="web", address="10.0.0.1:80", healthy=True, load=3, said="UP")
DOWN = {**A, "name": "b", "healthy": False, "said": "DOWN", "load": 0}
OUT = {**A, "state": "drained", "said": "DRAIN"}
LEFT = {**OUT, "load": 0}
NODE = member("n1", "in_use", healthy=False, load=1, said="not ready, schedulable")


@pytest.mark.parametrize(
    ("members", "asked", "expected"),
    [
        ([A], "a", [("warn", "takes_traffic")]),
        ([OUT], "a", [("warn", "draining")]),
        ([LEFT], "a", [("ok", "ok")]),
        ([{**OUT, "load": None}], "a", [("ok", "ok")]),
        # What is on a lost node stays there.
        ([{**NODE, "state": "drained"}], "n1", [("ok", "ok")]),
        ([A], "b", [("unknown", "unknown_target")]),
        ([], "b", [("unknown", "unknown_target")]),
        ([A, {**A, "pool": "api"}], "a", [("unknown", "ambiguous_target")]),
        ([A, {**A, "pool": "api"}], "api/a", [("warn", "takes_traffic")]),
        ([A, DOWN], None, [("warn", "not_well")]),
        ([A, OUT], None, [("warn", "out_of_use")]),
        ([DOWN, OUT], None, [("warn", "not_well"), ("warn", "out_of_use")]),
        ([NODE], None, [("warn", "not_well")]),
        ([{**NODE, "load": 0}], None, [("ok", "ok")]),
        ([A], None, [("ok", "ok")]),
    ],
)
def test_reasons(members: list[Any], asked: str | None, expected: list[tuple[str, str]]) -> None:
    found = check.grade(reading("haproxy", "its socket", members), {"upstream": asked})
    assert [(one["severity"], one["reason"]) for one in found] == expected


def test_what_it_says() -> None:
    (found,) = check.grade(reading("x", "x", [A, DOWN]), {})
    assert found["summary"] == (
        "in use, and not well: web/b (10.0.0.1:80, DOWN, 0 there); to take one out: -e upstream=web/b"
    )
    (found,) = check.grade(refused("x", "x", "forbidden", "no way in"), {"node": "n1"})
    assert (found["severity"], found["reason"], found["summary"]) == (
        "unknown",
        "forbidden",
        "no way in",
    )
