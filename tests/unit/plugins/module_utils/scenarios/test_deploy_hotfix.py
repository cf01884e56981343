# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release goes out, and why not: tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    condition,
    release,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.target import (
    floating,
    listed,
    missing,
    target,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import deploy_hotfix
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    CHECKS,
    OLD,
    RELEASES,
    UP,
    crashing,
    dependencies,
    health,
    history,
    planned,
    workload,
)

R4 = {"target": target("r4", "4", in_use=False)}
MAINTENANCE = {
    "action": "enter_maintenance",
    "incident": "INC-1",
    "number": 1,
    "expires_at": OLD,
    "status": "made",
}


def all_planned(readings: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    given = {"release": "4", "checks": (*CHECKS, "target"), **more}
    return planned("deploy_hotfix", {**R4, **readings}, **given)


def one(readings: dict[str, Any], **more: Any) -> dict[str, Any]:
    (entry,) = all_planned(readings, **more)
    return entry


def test_the_way_out_and_the_way_back() -> None:
    entry = one({})
    assert (entry["status"], entry["phase"], entry["risk"]) == ("planned", "recovery", "disruptive")
    assert entry["parameters"] == {"release": "r4", "expected": "r3", "well": True}
    assert entry["because"] == {"check": "target", "reason": "not_in_use"}
    undo = entry["undo"]["how"]
    assert (undo["action"], undo["parameters"]) == (
        "roll_back",
        {"release": "r3", "expected": "r4"},
    )
    assert "deploy 4 to api in place of 3" in entry["summary"]


def test_a_release_that_is_not_pinned_is_no_way_back() -> None:
    moves = workload(UP, releases=[release("r3", "3", present=False), *RELEASES[1:]])
    entry = one({"workload": moves})
    assert entry["status"] == "planned" and "cannot be gone back to" in entry["undo"]["none"]


def test_a_person_allows_it_in_production() -> None:
    entry = one({}, approve_up_to="safe")
    assert (entry["status"], entry["approve_with"]) == ("needs_approval", "approve=deploy_release")


@pytest.mark.parametrize(
    "readings", [{"workload": crashing()}, {"health": health("wrong_status", 500)}]
)
def test_a_sick_service_is_no_hindrance_and_that_is_said(readings: dict[str, Any]) -> None:
    entry = one(readings)
    assert entry["status"] == "planned" and "it is not well now" in entry["why"]
    assert entry["parameters"]["well"] is False


def test_what_is_in_use_already_is_not_deployed_again() -> None:
    entry = one({"target": target("r3", "3", in_use=True)})
    assert (entry["status"], entry["parameters"]) == ("not_needed", {})


def test_of_a_service_that_cannot_be_read_nothing_is_planned() -> None:
    assert all_planned({"target": {}}) == []


@pytest.mark.parametrize(
    ("readings", "more", "told"),
    [
        ({"target": missing("there is no image shop:v9")}, {}, "nothing was stopped"),
        ({"target": floating("shop:latest", "shop:v1")}, {}, "-e release=shop:1.4.2"),
        ({"dependencies": dependencies(db="stopped")}, {}, "db is down"),
        ({"history": history(pending=[MAINTENANCE])}, {}, "it is in maintenance"),
        ({"workload": workload(owners={"gitops": "argocd"})}, {}, "externally_managed"),
        ({"workload": workload(obstacles={"deploy": "a deployment is under way"})}, {}, "is under way"),
        ({"workload": workload(current=None)}, {}, "does not tell which release"),
        (
            {"workload": workload(desired=2, conditions=[condition("paused_by_operator", "paused")])},
            {},
            "somebody decided that",
        ),
        ({}, {"catalog": {"releases": {"irreversible": ["4"]}}}, "cannot be tried on one instance"),
        # An older one would have to read what the one in use has changed.
        (
            {"target": target("r2", "2", in_use=False)},
            {"catalog": {"releases": {"irreversible": ["3"]}}},
            "3 (r3) changed the data for good",
        ),
        (
            {},
            {"journal": [{"type": "plan", "data": {"stage": "diagnosis", "entries": [
                {"action": "deploy_release", "parameters": {"expected": "r2"}}]}}]},
            "state_changed_since_diagnosis",
        ),
    ],
)  # fmt: skip
def test_refusals(readings: dict[str, Any], more: dict[str, Any], told: str) -> None:
    entry = one(readings, **more)
    assert entry["status"] == "refused" and told in entry["why"], entry["why"]
    assert entry["parameters"] == {} and "none" in entry["undo"]


def test_a_newer_release_may_follow_one_that_changed_the_data() -> None:
    catalog = {"releases": {"irreversible": ["3"]}}
    newer = workload(UP, releases=[release("r4", "4"), *RELEASES])
    assert one({"workload": newer}, catalog=catalog)["status"] == "planned"
    assert one({}, catalog=catalog)["status"] == "planned"


def test_a_release_must_be_named() -> None:
    with pytest.raises(InputError, match=r"release: not given; .* for example -e release="):
        deploy_hotfix.contradictions({"release": None})


@pytest.mark.parametrize(
    ("wanted", "name", "in_use"),
    [("r2", "r2", False), ("2", "r2", False), ("3", "r3", True), ("9", None, False)],
)
def test_among_those_that_a_platform_knows(wanted: str, name: str | None, in_use: bool) -> None:
    found = listed(workload(), wanted, "put it there")
    assert (found["name"], found["in_use"]) == (name, in_use)
    if name is None:
        assert "there are: 3, 2, 1; put it there" in found["refused"]["message"]


def test_done_means_that_it_runs_is_well_and_is_of_the_release() -> None:
    findings = [
        {"check": name, "reason": "ok", "severity": "ok"}
        for name in ("workload", "health", "release", "target")
    ]
    assert [one["check"] for one in deploy_hotfix.proof(findings)] == [
        "workload",
        "health",
        "target",
    ]
