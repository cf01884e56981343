# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which service is the root: the one that fails though all it needs is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import dependencies as check
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    instance,
    reading,
    refused,
)

CATALOG: dict[str, dict[str, Any]] = {
    "web": {"depends_on": ["api"]},
    "api": {"depends_on": ["db", "cache"]},
    "worker": {"depends_on": ["db"]},
    "db": {},
    "cache": {},
}
SILENT = {
    "target": None,
    "from": None,
    "reason": None,
    "message": "",
    "status": None,
    "seconds": None,
}
RUNS = reading("command", "x", desired=1, instances=[instance("x", "running")])
STOPPED = reading("command", "x", desired=1, instances=[instance("x", "stopped", exit_code=1)])
ELSEWHERE = refused("external", "elsewhere", "not_managed", "somebody else runs it")
LOST = refused("command", "x", "host_unreachable", "no route to host")


def health(reason: str) -> dict[str, Any]:
    return {
        **SILENT,
        "target": "http://x/",
        "reason": reason,
        "message": "so it is",
        "seconds": 0.1,
    }


def access(reason: str | None) -> dict[str, Any]:
    refusal = {"normal": {"reason": reason, "message": "so it is"}} if reason else {}
    return {"user": "oncall", "way": "normal", "version": "PostgreSQL 18", "refused": refusal}


def state(workload: Mapping[str, Any], answer: str | None = None, **more: Any) -> dict[str, Any]:
    asked = health(answer) if answer else SILENT
    return {"service": "x", "workload": workload, "health": asked, "access": None, **more}


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("db", ["db"]),
        ("worker", ["db", "worker"]),
        ("web", ["db", "cache", "api", "web"]),
    ],
)
def test_closure(name: str, order: list[str]) -> None:
    assert list(dependencies.closure(name, CATALOG.__getitem__)) == order


@pytest.mark.parametrize(
    ("catalog", "told"),
    [
        ({"a": {"depends_on": ["a"]}}, "a -> a"),
        ({"a": {"depends_on": ["b"]}, "b": {"depends_on": ["c"]}, "c": {"depends_on": ["b"]}}, "b -> c -> b"),
        ({"a": {"depends_on": "b"}}, "a list of names"),
        ({"a": {"depends_on": [1]}}, "a list of names"),
    ],
)  # fmt: skip
def test_refused_closures(catalog: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        dependencies.closure("a", catalog.__getitem__)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_waves() -> None:
    needs = dependencies.closure("web", CATALOG.__getitem__)
    assert {name: dependencies.depth(name, needs) for name in needs} == {
        "db": 0, "cache": 0, "api": 1, "web": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (state(RUNS), "up"),
        (state(RUNS, "ok"), "up"),
        (state(STOPPED), "down"),
        (state(STOPPED, "ok"), "up"),  # what answers is up
        (state(RUNS, "connection_refused"), "down"),
        (state(RUNS, "wrong_status"), "down"),
        (state(RUNS, "dns_failure"), "up"),
        (state(ELSEWHERE, "ok"), "up"),
        (state(ELSEWHERE, "timeout"), "down"),
        (state(ELSEWHERE, "dns_failure"), "unreadable"),
        (state(ELSEWHERE), "not_watched"),
        (state(LOST), "unreadable"),
        (state(ELSEWHERE, access=access(None)), "up"),
        (state(ELSEWHERE, access=access("refused")), "down"),
        (state(ELSEWHERE, access=access("slots_reserved")), "down"),
        (state(ELSEWHERE, access=access("starting_up")), "down"),
        (state(ELSEWHERE, access=access("auth_failed")), "unreadable"),
        (state(RUNS, access=access("auth_failed")), "up"),
        (state(RUNS, access=access("refused")), "down"),
    ],
)
def test_one_state(given: dict[str, Any], verdict: str) -> None:
    assert dependencies.of_state(given).state == verdict


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([], "unreadable"),
        ([state(STOPPED), state(RUNS)], "up"),
        ([state(STOPPED), state(LOST)], "unreadable"),
        ([state(STOPPED), state(STOPPED)], "down"),
    ],
)
def test_several_hosts(states: list[dict[str, Any]], verdict: str) -> None:
    assert dependencies.of_hosts(states).state == verdict


def graded(own: str, **states: dict[str, Any]) -> list[tuple[str, str, Any]]:
    needs = dependencies.closure(own, CATALOG.__getitem__)
    document = {"service": own, "needs": needs, "states": {k: [v] for k, v in states.items()}}
    found = check.grade(document, {})
    assert all(one["reason"] in (*check.REASONS, "ok") for one in found)
    return [(one["severity"], one["reason"], one["value"]) for one in found]


def test_nothing_is_needed() -> None:
    assert graded("db") == []


def test_all_is_up() -> None:
    assert graded("api", db=state(RUNS), cache=state(RUNS)) == [("ok", "ok", None)]


def test_the_root_is_named_and_not_what_falls_with_it() -> None:
    found = graded("web", db=state(STOPPED), cache=state(RUNS), api=state(RUNS, "wrong_status"))
    assert found == [("crit", "dependency_down", "db")]


def test_two_roots() -> None:
    found = graded("api", db=state(STOPPED), cache=state(RUNS, "timeout"))
    assert [value for _severity, _reason, value in found] == ["db", "cache"]


def test_what_cannot_be_read_is_not_known() -> None:
    found = graded("api", db=state(LOST), cache=state(ELSEWHERE))
    assert found == [
        ("unknown", "dependency_unreadable", "db"),
        ("unknown", "dependency_not_watched", "cache"),
    ]
