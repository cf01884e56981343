# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a queue, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import queue_backed_up
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.queue_readings import (
    failures,
    queue,
    reading,
    refused,
    waits,
)

VALUES = {spec.name: spec.default for spec in queue_backed_up.INPUTS}


def graded(check: str, given: Any, **inputs: Any) -> list[tuple[str, str]]:
    found = grading.grade([check], {"queue": given}, {**VALUES, **inputs}, "mail")
    return [(one["severity"], one["reason"]) for one in found]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (reading(), ("ok", "ok")),
        (refused("refused"), ("crit", "refused")),
        (refused("auth_failed"), ("crit", "auth_failed")),
        (refused("never heard of"), ("crit", "unknown")),
        (reading(role="slave"), ("crit", "replica")),
        (reading(queue(there=False)), ("unknown", "queue_missing")),
    ],
)
def test_access(given: Any, expected: tuple[str, str]) -> None:
    assert graded("queue_access", given) == [expected]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (queue(), ("ok", "ok")),
        (queue(workers=0), ("warn", "no_workers")),
        (waits(1, workers=0), ("crit", "no_workers")),
        (queue(workers=0, counts={"active": 1}), ("crit", "no_workers")),
        (queue(workers=None), ("unknown", "not_listed")),
        (waits(9, unlocked=2), ("warn", "stalled")),
        # They wait, nobody works, and nothing is taken.
        (waits(9, counts={"active": 0}), ("crit", "hung")),
        (waits(9, counts={"active": 0}, oldest_seconds=1.0), ("ok", "ok")),
        (waits(9, counts={"active": 0}, limited_ms=700), ("ok", "ok")),
        (waits(9, counts={"active": 0}, paused_by="person"), ("ok", "ok")),
        (waits(9, drained=1, counts={"active": 0}), ("ok", "ok")),
        (waits(9), ("ok", "ok")),
    ],
)
def test_workers(one: Any, expected: tuple[str, str]) -> None:
    assert graded("queue_workers", reading(one)) == [expected]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (queue(), ("ok", "ok")),
        (waits(999), ("ok", "ok")),
        (waits(1000), ("warn", "growing")),
        (waits(1000, 10, 10), ("warn", "growing")),
        (waits(10000, 20, 10), ("crit", "growing")),
        # 100,000 at 10 a second more than what comes: almost three hours.
        (waits(100000, 0, 50), ("crit", "slow")),
        (waits(100000, 0, 500), ("ok", "ok")),
        (waits(100000, paused_by="INC-1"), ("ok", "ok")),
        (waits(5, oldest_seconds=600.0), ("warn", "old")),
        (waits(5, 0, 5, oldest_seconds=600.0), ("ok", "ok")),
        (queue(oldest_seconds=900.0), ("ok", "ok")),
    ],
)
def test_backlog(one: Any, expected: tuple[str, str]) -> None:
    assert graded("queue_backlog", reading(one)) == [expected]


@pytest.mark.parametrize(
    ("paused_by", "asked", "expected"),
    [
        (None, False, ("ok", "ok")),
        (None, True, ("warn", "not_paused")),
        ("person", False, ("warn", "paused")),
        ("INC-1", False, ("warn", "paused")),
        ("INC-1", True, ("ok", "ok")),
        ("person", True, ("ok", "ok")),
    ],
)
def test_pause(paused_by: str | None, asked: bool, expected: tuple[str, str]) -> None:
    assert graded("queue_pause", reading(queue(paused_by=paused_by)), pause=asked) == [expected]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (failures(0), ("ok", "ok")),
        (failures(99), ("ok", "ok")),
        (failures(100), ("warn", "failed_jobs")),
        (failures(12, rates={"failed": 10, "drained": 20}), ("crit", "failing")),
        (failures(12, rates={"failed": 10, "drained": 21}), ("ok", "ok")),
        (failures(12, rates={"failed": 9, "drained": 9}), ("ok", "ok")),
    ],
)
def test_failed(one: Any, expected: tuple[str, str]) -> None:
    assert graded("queue_failed", reading(one)) == [expected]


def test_each_queue_has_its_finding_and_what_was_not_read_is_unknown() -> None:
    for check in ("queue_workers", "queue_backlog", "queue_pause", "queue_failed"):
        assert graded(check, reading(queue("a"), queue("b"))) == [("ok", "ok")] * 2
        # What is wrong with the server, queue_access says.
        assert graded(check, refused("refused")) == []
        assert graded(check, None) == [("unknown", "not_read")]
