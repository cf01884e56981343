# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is found of a service's memory, and planned for it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    high_memory as scenario,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    OLD,
    change,
    dependencies,
    history,
    planned,
    short,
    workload,
)

MIB = 2**20
CHECKS = ("memory_usage", "workload", "health", "dependencies", "history")
VALUES = {spec.name: spec.default for spec in scenario.INPUTS}
ROOM = {"total_bytes": 8192 * MIB, "available_bytes": 4096 * MIB}
LIMITED = workload(limits={"memory_bytes": 100 * MIB, "cpus": None})
RESTART = [("raise_memory_limit", "not_needed"), ("restart_service", "planned")]


def memory(*sizes: tuple[int, int | None], limit: int | None = 100, **more: Any) -> dict[str, Any]:
    return {
        "refused": None, "missing": [], "seconds": 10.0, "total_bytes": 1000 * MIB, "told": {},
        "limit_bytes": limit * MIB if limit else None,
        "instances": [
            {"name": f"api-{number}", "bytes": now * MIB, "before_bytes": None if then is None else then * MIB}
            for number, (now, then) in enumerate(sizes, 1)
        ],
        **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (memory((50, 50)), [("ok", "ok")]),
        (memory((80, 80)), [("warn", "near_limit")]),
        (memory((90, 90)), [("crit", "near_limit")]),
        (memory((50, 50), (95, 95)), [("crit", "near_limit")]),
        (memory((50, 45)), [("crit", "growing")]),  # 30 MiB a minute
        (memory((50, None)), [("ok", "ok")]),
        (memory((500, 500), limit=None), [("ok", "ok")]),
        (memory((950, 950), limit=None), [("crit", "near_limit")]),
        (memory((50, 50), limit=None, total_bytes=None), [("ok", "ok")]),
        (memory((500, 499), limit=None), [("ok", "ok")]),  # 83 minutes left
        (memory((50, 50), missing=["api-2"]), [("warn", "not_measured")]),
        (memory(), [("unknown", "not_measured")]),
        (memory(refused={"reason": "forbidden", "message": "no"}), [("unknown", "not_read")]),
    ],
)
def test_what_is_found(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = grading.grade(("memory_usage",), {"memory_usage": given}, VALUES, "api")
    assert [(one["severity"], one["reason"]) for one in found] == expected


def test_what_is_said() -> None:
    given = memory((50, 45), told={"heap_used": 30 * MIB})
    (found,) = grading.grade(("memory_usage",), {"memory_usage": given}, VALUES, "api")
    assert found["summary"] == (
        "api-1 takes 50 MiB of its limit of 100 MiB, and grows by 30 MiB a minute: at this rate it is full in "
        "2 minutes; it says: heap_used 30 MiB"
    )


def plan(used: dict[str, Any], approvals: tuple[str, ...] = (), **more: Any) -> list[Any]:
    readings = {"workload": LIMITED, "memory": ROOM, "memory_usage": used, **more}
    kind = readings.pop("kind", "http")
    return planned(
        "high_memory", readings, checks=CHECKS, approvals=approvals, approve_up_to="safe", kind=kind
    )


@pytest.mark.parametrize(
    ("used", "more", "expected"),
    [
        (memory((50, 50)), {}, []),
        (memory((85, 85)), {}, []),
        (memory((95, 95)), {}, RESTART),
        (memory((50, 40)), {}, RESTART),
        (memory((950, 950), limit=None), {"workload": workload()}, [("restart_service", "planned")]),
        (memory((95, 95)), {"kind": "redis"}, [("raise_memory_limit", "not_needed"), ("restart_service", "refused")]),
        (
            memory((95, 95)),
            {"dependencies": dependencies(db="stopped")},
            [("raise_memory_limit", "not_needed"), ("restart_service", "refused")],
        ),
        (
            memory((95, 95)),
            {"history": history(change("restart_service"))},
            [("raise_memory_limit", "needs_approval"), ("restart_service", "planned")],
        ),
        (
            memory(),
            {"workload": workload(instance("api-1", "stopped", exit_code=137, oom_killed=True, started_at=OLD))},
            [("restart_service", "planned")],
        ),
    ],
)  # fmt: skip
def test_what_is_planned(
    used: dict[str, Any], more: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert short(plan(used, **more)) == expected


def test_a_higher_limit_that_was_asked_for_and_cannot_be_set_is_refused() -> None:
    entries = plan(memory((95, 95)), ("raise_memory_limit",), memory={})
    assert short(entries) == [("raise_memory_limit", "refused"), ("restart_service", "planned")]


def test_a_higher_limit_instead_when_approved() -> None:
    entries = plan(memory((95, 95)), approvals=("raise_memory_limit",))
    assert short(entries) == [("raise_memory_limit", "planned"), ("restart_service", "not_needed")]
    assert entries[0]["parameters"] == {"limits": {"memory_bytes": 150 * MIB}}


@pytest.mark.parametrize(
    ("severity", "proven"), [("ok", True), ("warn", True), ("crit", False), ("unknown", False)]
)
def test_recovered_means_it_runs_with_room(severity: str, proven: bool) -> None:
    findings = [
        {"check": "memory_usage", "severity": severity, "reason": "x"},
        {"check": "workload", "severity": "ok", "reason": "ok"},
    ]
    left = scenario.proof(findings)
    assert left and all(one["severity"] == "ok" for one in left) is proven
