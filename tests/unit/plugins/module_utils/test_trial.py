# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sequences of readings: when the first instance of a release is believed, and what is held against it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    condition,
    instance,
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.trial import (
    Goal,
    Trial,
    advance,
)

GOAL = Goal(hold_s=3, patience_s=10, old="v1")
OLD = instance("api-1", "running", ready=True, started_at="01:00", release="v1")
OK = {"target": "http://api/health", "reason": "ok", "message": ""}
BAD = {**OK, "reason": "wrong_status", "message": "500 instead of 200"}


def new(state: str = "running", since: str = "03:00", **more: Any) -> dict[str, Any]:
    given = {"ready": True, "started_at": since, "release": "v2", **more}
    return instance("api-2", state, **given)


def of(*instances: dict[str, Any], reason: str = "", about: str = "api-2") -> dict[str, Any]:
    told = [condition(reason, f"it is {reason}", about)] if reason else []
    return reading("compose", "service api", desired=1, instances=instances, conditions=told)


WELL, STARTS, SICK = (
    of(OLD, new()),
    of(OLD, new("starting", ready=False)),
    of(OLD, new(ready=False)),
)
Step = tuple[float, dict[str, Any], dict[str, Any]]


def judged(*steps: Step, goal: Goal = GOAL) -> list[str]:
    state, found = Trial(0), []
    for at, read, answer in steps:
        state = advance(state, read, answer, goal, at)
        found.append(state.status)
    return found


W, P, F = "waiting", "passed", "failed"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(0, WELL, OK), (2.9, WELL, OK), (3, WELL, OK)], [W, W, P]),
        ([(0, STARTS, OK), (9, WELL, OK), (12, WELL, OK)], [W, W, P]),
        # Where nobody is asked, its platform's word counts.
        ([(0, WELL, {}), (3, WELL, {})], [W, P]),
        # Not there yet, and never there.
        ([(0, of(OLD), OK), (9.9, of(OLD), OK), (10, of(OLD), OK)], [W, W, F]),
        ([(0, SICK, OK), (10, SICK, OK)], [W, F]),
        ([(0, WELL, BAD), (10, WELL, BAD)], [W, W]),
        ([(0, WELL, BAD), (13, WELL, BAD)], [W, F]),
        # A break begins the time anew, and not for ever.
        ([(0, WELL, OK), (2, WELL, BAD), (3, WELL, OK), (6, WELL, OK)], [W, W, W, P]),
        ([(0, WELL, OK), (2, WELL, BAD), (12, WELL, OK), (13, WELL, BAD)], [W, W, W, F]),
        # It ended once: that is enough.
        ([(0, WELL, OK), (1, of(OLD, new(since="03:01")), OK)], [W, F]),
        ([(0, WELL, OK), (1, of(OLD, new(restarts=1)), OK)], [W, F]),
        ([(0, of(OLD, new("restarting", ready=None)), OK)], [F]),
        ([(0, of(OLD, new("stopped", ready=None, exit_code=1)), OK)], [F]),
        ([(0, of(OLD, new("pending", ready=False), reason="image_pull"), OK)], [F]),
        ([(0, of(OLD, new("pending", ready=False), reason="crash_loop"), OK)], [F]),
        # What is said of another, or may still come right.
        ([(0, of(OLD, new(), reason="crash_loop", about="api-1"), OK), (3, WELL, OK)], [W, P]),
        ([(0, of(OLD, new("pending", ready=False), reason="unschedulable"), OK), (5, WELL, OK)], [W, W]),
        # One that leaves is none of those that are meant.
        ([(0, of(new("terminating")), OK), (1, WELL, OK), (4, WELL, OK)], [W, W, P]),
        ([(0, refused("compose", "api", "host_unreachable", "no answer"), OK)], [W]),
    ],
)  # fmt: skip
def test_sequences(steps: list[Step], expected: list[str]) -> None:
    assert judged(*steps) == expected


def test_one_by_its_key() -> None:
    """Where all have the same release by now: units that read one link."""
    both = of(instance("api-1", "stopped", release="v2"), new())
    goal = Goal(hold_s=3, patience_s=10, key="api-2", old="v1")
    assert judged((0, both, OK), (3, both, OK), goal=goal) == [W, P]
    assert judged((0, both, OK)) == [F]


def test_what_is_said() -> None:
    assert (
        "ended and was started again"
        in advance(advance(Trial(0), WELL, OK, GOAL, 0), of(OLD, new(restarts=1)), OK, GOAL, 1).text
    )
    assert "500 instead of 200" in advance(Trial(0), WELL, BAD, GOAL, 0).text
    none = of(OLD, reason="unschedulable")
    assert "it is unschedulable" in advance(Trial(0), none, OK, GOAL, 0).text
