# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes for a time: what is asked for, what has run out, and what never ends by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    revert,
    scale_emergency,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import modes
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    change,
    history,
    planned,
    short,
    workload,
)

COMMANDS = {
    name: ["true"]
    for name in (
        "maintenance_on",
        "maintenance_off",
        "maintenance_status",
        "pause",
        "resume",
        "status",
    )
}
PAST, FUTURE = "2026-11-21T03:00:00.000000Z", "2026-11-21T04:00:00.000000Z"
MAINTENANCE, PAUSE = modes.MODES["maintenance"], modes.MODES["processing"]


@pytest.mark.parametrize(
    ("mode", "rc", "output", "state"),
    [
        (MAINTENANCE, 0, "on\n", "entered"),
        (MAINTENANCE, 0, "maintenance: OFF", "left"),
        (MAINTENANCE, 1, "on", "unknown"),
        (MAINTENANCE, 0, "on or off", "unknown"),
        (MAINTENANCE, 0, "none", "unknown"),
        (MAINTENANCE, 0, "", "unknown"),
        (PAUSE, 0, '{"state": "paused"}', "entered"),
        (PAUSE, 0, "running, 3 jobs", "left"),
        (PAUSE, 0, "unpaused", "unknown"),
        (PAUSE, 0, '{"queue": "mail", "paused": true, "waiting": 0}', "entered"),
        (PAUSE, 0, '> shop@1 status\n> shop status\n\n{"paused": false}', "left"),
        (PAUSE, 0, '{"paused": 1}', "unknown"),
        (PAUSE, 0, "not paused", "unknown"),
        (PAUSE, 0, "paused: no", "unknown"),
        (MAINTENANCE, 0, '{"maintenance": true}', "entered"),
        (MAINTENANCE, 0, '{"maintenance": "off", "workers": 3}', "left"),
    ],
)
def test_what_a_status_command_tells(mode: modes.Mode, rc: int, output: str, state: str) -> None:
    assert modes.state_told(mode, rc, output) == state


def of_mode(
    name: str, state: str, wanted: str | None, pending: list[Any], **more: Any
) -> list[Any]:
    scenario = {"maintenance": "maintenance_mode", "processing": "pause_processing"}[name]
    read = {"mode": name, "state": state, "message": state, "in_flight": 2}
    return planned(
        scenario,
        {"mode": read, "history": history(pending=pending)},
        catalog={"commands": COMMANDS, **more},
        checks=("mode", "history"),
        mode=wanted,
    )


def entered(action: str, expires_at: str) -> dict[str, Any]:
    return change(action, expires_at=expires_at, number=4)


@pytest.mark.parametrize(
    ("name", "state", "wanted", "pending", "expected"),
    [
        ("maintenance", "left", None, [], []),
        ("maintenance", "left", "enter", [], [("enter_maintenance", "planned")]),
        ("maintenance", "entered", "enter", [], []),
        ("maintenance", "entered", "leave", [], [("leave_maintenance", "planned")]),
        ("maintenance", "left", "leave", [], []),
        ("maintenance", "unknown", "enter", [], [("enter_maintenance", "refused")]),
        ("maintenance", "unknown", None, [], []),
        ("maintenance", "entered", None, [], []),  # somebody else's
        ("maintenance", "entered", None, [entered("enter_maintenance", FUTURE)], []),
        ("maintenance", "entered", None, [entered("enter_maintenance", PAST)], [("leave_maintenance", "planned")]),
        ("maintenance", "left", None, [entered("enter_maintenance", PAST)], []),
        ("processing", "left", "pause", [], [("pause_processing", "planned")]),
        ("processing", "entered", "resume", [], [("resume_processing", "planned")]),
        ("processing", "entered", None, [entered("pause_processing", PAST)], []),  # a person decides
    ],
)  # fmt: skip
def test_modes(
    name: str, state: str, wanted: str | None, pending: list[Any], expected: list[tuple[str, str]]
) -> None:
    assert short(of_mode(name, state, wanted, pending)) == expected


def test_each_has_an_expiry_and_a_way_back() -> None:
    (entry,) = of_mode("maintenance", "left", "enter", [])
    assert entry["expires_minutes"] == 60
    assert entry["undo"]["how"]["action"] == "leave_maintenance"
    assert "on_expiry" not in entry["undo"]["how"]
    (entry,) = of_mode("processing", "left", "pause", [])
    assert entry["undo"]["how"]["on_expiry"] == "page" and entry["before"]["in_flight"] == 2


def test_leaving_closes_the_change_that_entered() -> None:
    (entry,) = of_mode("maintenance", "entered", "leave", [entered("enter_maintenance", FUTURE)])
    assert entry["parameters"]["reverts"] == {"incident": "INC-1", "number": 4}


def test_no_way_in_without_a_way_out() -> None:
    lacking = {name: argv for name, argv in COMMANDS.items() if name != "maintenance_off"}
    (entry,) = of_mode("maintenance", "left", "enter", [], commands=lacking)
    assert entry["status"] == "refused" and "maintenance_off" in entry["why"]


@pytest.mark.parametrize(("expired_only", "status"), [(True, "refused"), (False, "planned")])
def test_a_schedule_calls_a_person_instead_of_resuming(expired_only: bool, status: str) -> None:
    how = {
        "action": "resume_processing",
        "parameters": {},
        "summary": "resume",
        "on_expiry": "page",
    }
    paused = {**entered("pause_processing", PAST), "service": "api", "undo": {"how": how}}
    entries = planned(
        "revert",
        {"changes": {"now": FUTURE, "changes": [paused]}},
        checks=("open_changes",),
        expired_only=expired_only,
    )
    assert short(entries) == [("resume_processing", status)]
    assert ("a person decides" in entries[0]["why"]) == expired_only
    assert revert.ACTIONS["resume_processing"].risk == "disruptive"


# Of a template of systemd nobody says how many there should be.
TWO_RUN = [instance("w@1", "running"), instance("w@2", "running"), instance("w@3", "stopped")]
SLOTS = {"application_slots": 100, "used": 50}


def scaled(wanted: int, slots: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    given = {"desired": 2, "pool": None, "catalog": {"replicas": {"min": 1, "max": 5}}, **more}
    pool, catalog = given.pop("pool"), given.pop("catalog")
    there = given.pop("instances", [])
    states = {"db": [{"slots": slots, "workload": {}, "health": {}}]} if slots else {}
    entries = planned(
        "scale_emergency",
        {"workload": workload(*there, **given), "dependencies": {"needs": {}, "states": states}},
        catalog=catalog,
        checks=("replicas",),
        replicas=wanted,
        pool_per_instance=pool,
    )
    return entries[0] if entries else {}


@pytest.mark.parametrize(
    ("wanted", "more", "told"),
    [
        (6, {}, "outside of 1 to 5"),
        (3, {"catalog": {}}, "sets no bounds"),
        (3, {"owners": {"hpa": {"min": 1, "max": 9, "current": 2}}}, "hpa_managed"),
        (3, {"owners": {"gitops": "argocd"}}, "externally_managed"),
        (3, {"obstacles": {"scale": "it has a fixed port"}}, "fixed port"),
        (3, {"slots": SLOTS}, "pool_per_instance"),
        (5, {"slots": SLOTS, "pool": 11}, "need 33, and db has 30 left"),
    ],
)
def test_scaling_refused(wanted: int, more: dict[str, Any], told: str) -> None:
    entry = scaled(wanted, **more)
    assert entry["status"] == "refused" and told in entry["why"]


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        (3, {}),
        (1, {}),
        (5, {"slots": SLOTS, "pool": 10}),
        (1, {"slots": SLOTS}),
        (3, {"desired": None, "instances": TWO_RUN}),
    ],
)
def test_scaling(wanted: int, more: dict[str, Any]) -> None:
    entry = scaled(wanted, **more)
    assert (entry["status"], entry["parameters"]) == ("planned", {"replicas": wanted})
    assert entry["undo"]["how"]["parameters"] == {"replicas": 2} and entry["expires_minutes"] == 60


def test_scaling_to_what_there_is() -> None:
    assert scaled(2) == {}


def test_the_number_must_be_given() -> None:
    with pytest.raises(InputError, match="replicas: not given"):
        scale_emergency.contradictions({"replicas": None})
