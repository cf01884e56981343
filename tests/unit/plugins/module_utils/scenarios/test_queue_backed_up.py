# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a queue: workers, a pause that was asked for, and jobs that failed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import queue_backed_up
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils import (
    service_situations as situations,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.queue_readings import (
    failures,
    queue,
    reading,
    refused,
    waits,
)

CHECKS = (
    "queue_access", "queue_workers", "queue_backlog", "queue_pause", "queue_failed", "dependencies", "history",
)  # fmt: skip
TWO = situations.workload(instance("w1", "running"), instance("w2", "running"), desired=2)
STOPPED = situations.workload(instance("w1", "stopped"))
BOUNDS = {"replicas": {"min": 1, "max": 6}}
FULL = {"service": "api", "needs": {"db": [], "api": ["db"]}, "states": {"db": [{
    "service": "db", "workload": situations.workload(), "health": situations.health(), "access": None,
    "slots": {"application_slots": 20, "used": 14},
}]}}  # fmt: skip
DB_DOWN = {"dependencies": situations.dependencies(db="stopped")}
Planned = list[tuple[str, str]]


def entries(
    *queues: dict[str, Any], catalog: dict[str, Any] | None = None, more: Any = None, **given: Any
) -> list[dict[str, Any]]:
    readings = {"queue": reading(*queues), "workload": TWO, **(more or {})}
    return situations.planned(
        "queue_backed_up",
        readings,
        kind="queue",
        checks=CHECKS,
        catalog=BOUNDS if catalog is None else catalog,
        **{"approve_up_to": "safe", **given},
    )


@pytest.mark.parametrize(
    ("one", "more", "expected"),
    [
        (queue(), {}, []),
        (waits(5000), {}, [("scale_service", "planned")]),
        (waits(5, oldest_seconds=900.0), {}, [("scale_service", "planned")]),
        # What will be gone in time needs nobody.
        (waits(100000, 0, 5000), {}, []),
        (waits(5000, paused_by="person"), {}, []),
        (waits(9, workers=0), {"workload": STOPPED}, [("start_service", "planned")]),
        # They run, and are not connected.
        (waits(9, workers=0), {}, [("restart_service", "planned")]),
        (waits(9, counts={"active": 0}), {}, [("restart_service", "planned")]),
        (waits(5000), DB_DOWN, [("scale_service", "refused")]),
        (waits(9, workers=0), DB_DOWN, [("restart_service", "refused")]),
    ],
)  # fmt: skip
def test_workers(one: dict[str, Any], more: dict[str, Any], expected: Planned) -> None:
    assert situations.short(entries(one, more=more)) == expected


@pytest.mark.parametrize(
    ("one", "catalog", "given", "wanted"),
    [
        (waits(5000), BOUNDS, {}, 3),
        # Two do 10 while 14 come: four would do 20.
        (waits(5000, 14, 10), BOUNDS, {}, 4),
        (waits(5000, 1000, 10), BOUNDS, {}, 4),
        (waits(5000, 1000, 10), {"replicas": {"min": 1, "max": 3}}, {}, 3),
        (waits(5000), BOUNDS, {"replicas": 6}, 6),
    ],
)
def test_how_many(one: Any, catalog: Any, given: Any, wanted: int) -> None:
    (entry,) = entries(one, catalog=catalog, **given)
    assert (entry["status"], entry["parameters"]) == ("planned", {"replicas": wanted})
    assert entry["undo"]["how"]["parameters"] == {"replicas": 2} and entry["expires_minutes"] == 30


@pytest.mark.parametrize(
    ("catalog", "more", "given", "why"),
    [
        ({}, {}, {}, "sets no bounds"),
        ({"replicas": {"min": 1, "max": 2}}, {}, {}, "-e pause=true"),
        (BOUNDS, {}, {"replicas": 9}, "outside of 1 to 6"),
        (BOUNDS, {"dependencies": FULL}, {"pool_per_instance": 5}, "db has 2 left"),
        (BOUNDS, {"dependencies": FULL}, {}, "nobody says how many connections"),
    ],
)
def test_why_no_more_workers(catalog: Any, more: Any, given: Any, why: str) -> None:
    (entry,) = entries(waits(5000), catalog=catalog, more=more, **given)
    assert entry["status"] == "refused" and why in entry["why"]


@pytest.mark.parametrize(
    ("queues", "given", "expected"),
    [
        ([waits(5)], {}, "planned"),
        ([waits(5, paused_by="person")], {}, None),
        ([waits(5, paused_by="INC-1")], {}, None),
        ([waits(5), waits(5, name="webhook")], {}, "refused"),
        ([waits(5, version=None)], {}, "refused"),
        ([waits(5, version="bullmq:7.0.0")], {}, "refused"),
        ([waits(5, version="bullmq-pro:5.1.0")], {}, "planned"),
    ],
)
def test_one_queue_is_paused_when_asked(queues: Any, given: Any, expected: str | None) -> None:
    found = entries(*queues, pause=True, **given)
    if expected is None:
        assert not found
        return
    (entry,) = found
    assert (entry["action"], entry["status"], entry["risk"]) == ("pause_queue", expected, "safe")
    assert entry["undo"]["how"]["action"] == "resume_queue" and entry["expires_minutes"] == 30


def test_no_worker_comes_while_it_is_to_be_paused() -> None:
    assert situations.short(entries(waits(50000), pause=True)) == [("pause_queue", "planned")]


REPLAY, CLEAN = "replay_failed", "clean_failed"


@pytest.mark.parametrize(
    ("one", "approvals", "given", "expected"),
    [
        (failures(99), [REPLAY], {}, []),
        (failures(500), [], {}, [(REPLAY, "needs_approval")]),
        (failures(500), [REPLAY], {}, [(REPLAY, "planned")]),
        (failures(500, workers=0, counts={"active": 0}), [REPLAY], {}, [(REPLAY, "refused")]),
        (failures(500, paused_by="person"), [REPLAY], {}, [(REPLAY, "refused")]),
        (failures(500, version=None), [REPLAY], {}, [(REPLAY, "refused")]),
        (failures(500, rates={"failed": 50, "drained": 50}), [REPLAY], {}, [(REPLAY, "refused")]),
        # Which of them may be removed is always said.
        (failures(500), [CLEAN], {}, [(REPLAY, "not_needed"), (CLEAN, "refused")]),
        (failures(500), [CLEAN], {"job": "send-mail"}, [(REPLAY, "not_needed"), (CLEAN, "planned")]),
        (failures(500), [CLEAN], {"reason": "503"}, [(REPLAY, "not_needed"), (CLEAN, "planned")]),
        (failures(500), [REPLAY, CLEAN], {"job": "x"}, [(REPLAY, "planned"), (CLEAN, "not_needed")]),
    ],
)  # fmt: skip
def test_failed_jobs(one: Any, approvals: list[str], given: Any, expected: Planned) -> None:
    found = [
        e for e in entries(one, approvals=approvals, **given) if e["action"] in (REPLAY, CLEAN)
    ]
    assert situations.short(found) == expected


def test_the_cap_holds_and_the_worst_queue_comes_first() -> None:
    found = entries(failures(200), failures(5000, name="webhook"), approvals=[REPLAY], max_jobs=300)
    (entry,) = found
    assert entry["parameters"] == {"queue": "webhook", "at_most": 300}
    assert "max_jobs=300 is the cap" in entry["why"] and "HTTP 503" in entry["summary"]
    assert entry["risk"] == "disruptive"


def test_nothing_is_done_to_what_cannot_be_read() -> None:
    for given in (refused("auth_failed"), reading(queue(there=False)), reading(role="slave")):
        assert not entries(more={"queue": given}, pause=True)


def test_a_warning_comes_before_what_is_critical() -> None:
    with pytest.raises(InputError, match=r"warn_jobs: got 10, with crit_jobs 10"):
        queue_backed_up.contradictions({"warn_jobs": 10, "crit_jobs": 10})
