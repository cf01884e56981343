# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sequences of readings: when a verb counts as done, and what it still waits for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    instance,
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.settling import (
    Goal,
    Wait,
    advance,
    told,
)

HOLD_S = 2.0


def of(*instances: dict[str, Any], desired: int | None = 1) -> dict[str, Any]:
    return reading("compose", "service api", desired=desired, instances=instances)


def up(name: str = "api-1", since: str = "03:00:00", **more: Any) -> dict[str, Any]:
    return instance(name, "running", started_at=since, **more)


HEALTHY = up(ready=True)
SICK = up(ready=False)
BEGINS = instance("api-1", "starting", ready=False)
GONE = instance("api-1", "stopped", exit_code=0)
LOOP = instance("api-1", "restarting", exit_code=1, restarts=2)
SERVING, STOPPED = Goal("serving"), Goal("stopped")


def ends(goal: Goal, *readings: tuple[float, dict[str, Any]]) -> list[bool]:
    wait, found = Wait(), []
    for at, seen in readings:
        wait = advance(wait, seen, goal, at, HOLD_S)
        found.append(wait.done)
    return found


@pytest.mark.parametrize(
    ("goal", "readings", "expected"),
    [
        # What its platform calls healthy is believed at once; else it must go on to run.
        (SERVING, [(0, of(HEALTHY))], [True]),
        (SERVING, [(0, of(up())), (1.9, of(up())), (2, of(up()))], [False, False, True]),
        (SERVING, [(0, of(BEGINS)), (1, of(SICK)), (2, of(HEALTHY))], [False, False, True]),
        # One that started again meanwhile has not gone on.
        (SERVING, [(0, of(up())), (2, of(up(since="03:00:01"))), (3, of(up(since="03:00:01")))], [False] * 3),
        (SERVING, [(0, of(up())), (1, of(LOOP)), (2, of(up())), (3, of(up()))], [False] * 4),
        # All that should be there, and all that is there.
        (SERVING, [(0, of(HEALTHY, desired=2))], [False]),
        (SERVING, [(0, of(HEALTHY, SICK))], [False]),
        (SERVING, [(0, of(HEALTHY, desired=None))], [True]),
        (SERVING, [(0, of(desired=None))], [False]),
        (SERVING, [(0, of(desired=0))], [False]),
        (Goal("serving", number=2), [(0, of(HEALTHY))], [False]),
        (Goal("serving", number=1), [(0, of(HEALTHY, up("api-2", ready=True)))], [False]),
        (Goal("serving", number=2), [(0, of(HEALTHY, up("api-2", ready=True)))], [True]),
        # One instance, whatever the others do.
        (Goal("serving", key="api-1"), [(0, of(HEALTHY, instance("api-2", "stopped"), desired=3))], [True]),
        (Goal("serving", key="api-2"), [(0, of(HEALTHY, desired=3))], [False]),
        (STOPPED, [(0, of(HEALTHY)), (1, of(GONE))], [False, True]),
        (STOPPED, [(0, of(LOOP))], [False]),
        (STOPPED, [(0, of())], [True]),
        (STOPPED, [(0, refused("compose", "x", "container_runtime_unavailable", "hangs"))], [False]),
    ],
)  # fmt: skip
def test_when_it_is_done(goal: Goal, readings: Any, expected: list[bool]) -> None:
    assert ends(goal, *readings) == expected


@pytest.mark.parametrize(
    ("goal", "seen", "text"),
    [
        (SERVING, of(LOOP), "0 of 1 serve; api-1 starts and ends again (exit code 1, 2 restarts)"),
        (SERVING, of(HEALTHY, desired=2), "1 of 2 serve"),
        (SERVING, of(), "0 of 1 serve; nothing of it runs"),
        (Goal("serving", number=1), of(HEALTHY, up("api-2", ready=True)), "there are 2, 1 too many"),
        (STOPPED, of(HEALTHY), "api-1 still runs"),
        (SERVING, refused("compose", "x", "forbidden", "no access"), "no access"),
    ],
)  # fmt: skip
def test_what_it_waits_for(goal: Goal, seen: dict[str, Any], text: str) -> None:
    assert advance(Wait(), seen, goal, 0, HOLD_S).text == text


@pytest.mark.parametrize(
    ("goal", "readings", "expected"),
    [
        (SERVING, [(0, of(GONE)), (4, of(GONE)), (5, of(GONE))], [False, False, True]),
        (SERVING, [(0, of(GONE)), (4, of(LOOP)), (5, of(GONE))], [False] * 3),
        (SERVING, [(0, of(HEALTHY, GONE)), (5, of(HEALTHY, GONE))], [False, True]),
        # Something of it begins, or nothing is known of it.
        (SERVING, [(0, of(BEGINS, GONE)), (9, of(BEGINS, GONE))], [False] * 2),
        (SERVING, [(0, of()), (9, of())], [False] * 2),
        (STOPPED, [(0, of(HEALTHY)), (9, of(HEALTHY))], [False] * 2),
    ],
)
def test_when_there_is_no_hope(goal: Goal, readings: Any, expected: list[bool]) -> None:
    wait, found = Wait(), []
    for at, seen in readings:
        wait = advance(wait, seen, goal, at, HOLD_S)
        found.append(wait.hopeless)
    assert found == expected


def test_what_a_caller_is_told() -> None:
    assert told(of(HEALTHY)) == {
        "instances": [HEALTHY],
        "desired": 1,
        "current": None,
        "limits": {},
    }
