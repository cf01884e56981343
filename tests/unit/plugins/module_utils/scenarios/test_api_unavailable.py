# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which failure is answered with which step: a table."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    instance,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    OLD,
    RELEASES,
    change,
    crashing,
    dependencies,
    health,
    history,
    planned,
    short,
    workload,
)

RESTART = [("restart_service", "planned")]
LEFT_ALONE = [("restart_service", "refused")]
AGED = [{**RELEASES[0], "since": OLD}, *RELEASES[1:]]
STOPPED = workload(instance("api-1", "stopped", exit_code=0))
KILLED = workload(instance("api-1", "stopped", exit_code=137, oom_killed=True))


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({}, []),
        ({"health": health("wrong_status", 500)}, RESTART),
        ({"health": health("wrong_status", 503)}, RESTART),
        ({"health": health("timeout")}, RESTART),
        ({"health": health("connection_refused")}, RESTART),
        ({"health": health("reset")}, RESTART),
        ({"health": health("wrong_body", 200)}, RESTART),
        ({"health": health("wrong_status", 401)}, LEFT_ALONE),
        ({"health": health("wrong_status", 429)}, LEFT_ALONE),
        ({"health": health("tls_expired")}, LEFT_ALONE),
        ({"health": health("redirect_loop")}, LEFT_ALONE),
        ({"health": health("dns_failure")}, []),  # nobody knows how the service is
        ({"health": health("host_unreachable")}, []),
        ({"workload": STOPPED}, [("start_service", "planned")]),
        ({"workload": KILLED}, RESTART),
        ({"workload": crashing("unhealthy")}, RESTART),
        ({"workload": crashing()}, [("roll_back", "planned"), ("restart_service", "not_needed")]),
        ({"workload": crashing(releases=AGED)}, RESTART),
        ({"workload": crashing("start_limit_hit", releases=AGED)}, RESTART),
        ({"workload": crashing(releases=RELEASES[:1])}, RESTART),
        ({"workload": crashing("node_not_ready")}, LEFT_ALONE),
        ({"workload": crashing("image_pull")}, [("roll_back", "planned"), ("restart_service", "refused")]),
        ({"workload": crashing("image_pull", releases=AGED)}, LEFT_ALONE),
        ({"workload": crashing("config_invalid")}, LEFT_ALONE),
        ({"workload": crashing("port_conflict")}, LEFT_ALONE),
        ({"workload": crashing("unschedulable")}, LEFT_ALONE),
        ({"workload": crashing("missing")}, LEFT_ALONE),
        ({"workload": crashing("paused_by_operator")}, LEFT_ALONE),
        ({"workload": crashing("masked_by_operator")}, LEFT_ALONE),
        ({"workload": workload(instance("api-1", "paused"))}, LEFT_ALONE),
        ({"health": health("timeout"), "dependencies": dependencies(db="stopped")}, LEFT_ALONE),
        ({"workload": STOPPED, "dependencies": dependencies(db="stopped")}, [("start_service", "refused")]),
        ({"workload": crashing(), "dependencies": dependencies(db="stopped")},
         [("roll_back", "refused"), ("restart_service", "refused")]),
        ({"health": health("timeout"), "dependencies": dependencies(db="running")}, RESTART),
        ({"health": health("timeout"), "workload": refused("compose", "x", "not_managed", "elsewhere")}, LEFT_ALONE),
        ({"health": health("timeout"), "workload": workload(obstacles={"restart": "no way"})}, LEFT_ALONE),
        ({"health": health("wrong_status", 503),
          "history": history(pending=[change("enter_maintenance", expires_at="2026-11-21T04:00:00Z")])}, LEFT_ALONE),
    ],
)  # fmt: skip
def test_plan(readings: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert short(planned("api_unavailable", readings)) == expected


@pytest.mark.parametrize(("done", "status"), [(2, "planned"), (3, "refused"), (6, "refused")])
def test_the_cap_of_restarts(done: int, status: str) -> None:
    before = [change("restart_service", f"INC-{number}") for number in range(done)]
    readings = {"health": health("timeout"), "history": history(*before)}
    (entry,) = planned("api_unavailable", readings)
    assert entry["status"] == status
    assert ("escalate" in entry["why"]) == (status == "refused")


@pytest.mark.parametrize("kind", ["postgresql", "redis", "queue", "wallet"])
def test_what_keeps_data_is_not_restarted_from_here(kind: str) -> None:
    (entry,) = planned("api_unavailable", {"health": health("timeout")}, kind=kind)
    assert entry["status"] == "refused" and kind in entry["why"]


def test_a_restart_is_safe_and_a_rollback_is_not() -> None:
    entries = planned("api_unavailable", {"workload": crashing()}, approve_up_to="safe")
    assert [(e["action"], e["risk"], e["status"]) for e in entries] == [
        ("roll_back", "disruptive", "needs_approval"),
        ("restart_service", "safe", "not_needed"),
    ]
    assert entries[0]["approve_with"] == "approve=roll_back"


def test_the_state_before_is_recorded() -> None:
    (entry,) = planned("api_unavailable", {"workload": KILLED})
    assert entry["before"]["current"] == "r3"
    assert entry["before"]["instances"][0]["exit_code"] == 137
    assert set(entry["undo"]) == {"none"}


LIMITED = workload(
    instance("api-1", "stopped", exit_code=137, oom_killed=True),
    limits={"memory_bytes": 200 * 2**20},
)
ROOM = {"available_bytes": 2**30, "total_bytes": 2**32}
AGAIN = history(change("restart_service"))


@pytest.mark.parametrize(
    ("more", "approvals", "inputs", "expected"),
    [
        ({}, (), {}, [("raise_memory_limit", "not_needed"), ("restart_service", "planned")]),
        ({"history": AGAIN}, (), {}, [("raise_memory_limit", "needs_approval"), ("restart_service", "planned")]),
        ({}, ("raise_memory_limit",), {}, [("raise_memory_limit", "planned"), ("restart_service", "not_needed")]),
        ({}, (), {"memory_mib": 100}, [("raise_memory_limit", "refused"), ("restart_service", "planned")]),
        ({}, (), {"memory_mib": 4096}, [("raise_memory_limit", "refused"), ("restart_service", "planned")]),
        (
            {"memory": {"available_bytes": None}}, (), {},
            [("raise_memory_limit", "refused"), ("restart_service", "planned")],
        ),
    ],
)  # fmt: skip
def test_killed_for_want_of_memory(
    more: dict[str, Any],
    approvals: tuple[str, ...],
    inputs: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    readings = {"workload": LIMITED, "memory": ROOM, **more}
    entries = planned(
        "api_unavailable", readings, approve_up_to="safe", approvals=approvals, **inputs
    )
    assert short(entries) == expected


def test_the_raise_is_half_as_much_again_and_its_undo_needs_no_value() -> None:
    readings = {"workload": LIMITED, "memory": ROOM}
    entry = planned("api_unavailable", readings, approvals=("raise_memory_limit",))[0]
    assert entry["parameters"] == {"limits": {"memory_bytes": 300 * 2**20}}
    assert entry["undo"]["how"]["parameters"] == {"limits": {"memory_bytes": None}}


LOOPING = ("crash_loop", "start_limit_hit")


@pytest.mark.parametrize(
    ("approvals", "expected"),
    [
        (
            (),
            [
                ("roll_back", "needs_approval"),
                ("raise_memory_limit", "not_needed"),
                ("restart_service", "not_needed"),
            ],
        ),
        (
            ("raise_memory_limit",),
            [("raise_memory_limit", "planned"), ("restart_service", "not_needed")],
        ),
    ],
)
@pytest.mark.parametrize("reason", LOOPING)
def test_a_new_release_that_never_has_enough_memory(
    reason: str, approvals: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    new = crashing("oom_killed")
    new["conditions"] += crashing(reason)["conditions"]
    new["limits"] = LIMITED["limits"]
    readings = {"workload": new, "memory": ROOM}
    entries = planned("api_unavailable", readings, approve_up_to="safe", approvals=approvals)
    assert short(entries) == expected
