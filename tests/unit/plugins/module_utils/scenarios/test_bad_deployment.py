# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""To which release, and why not: tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    condition,
    release,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    OLD,
    RELEASES,
    UP,
    YOUNG,
    change,
    crashing,
    dependencies,
    health,
    history,
    planned,
    workload,
)

GONE = [RELEASES[0], release("r2", "2", OLD, present=False), RELEASES[2]]
ALL_GONE = [RELEASES[0], release("r2", "2", OLD, present=False)]
# As Kubernetes titles them.
REVISIONS = [
    release("api-5", "revision 5: shop:v3 (more discounts)", YOUNG),
    release("api-4", "revision 4: shop:v2, sidecar:7", OLD),
    release("api-3", "revision 3: shop:v2", OLD),
    release("api-2", "revision 2: shop:v1", OLD),
]
KNOWN = {"catalog": {"releases": {"history": ["shop:v1", "shop:v2"]}}}
TWINS = [release("a", "latest", YOUNG), release("b", "latest", OLD), release("c", "1", OLD)]


def one(readings: dict[str, Any], **more: Any) -> dict[str, Any]:
    (entry,) = planned("bad_deployment", readings, **more)
    return entry


@pytest.mark.parametrize(
    ("readings", "inputs", "target"),
    [
        ({"workload": crashing()}, {}, "r2"),
        ({"workload": crashing()}, {"release": "r1"}, "r1"),
        ({"workload": crashing()}, {"release": "1"}, "r1"),
        ({"workload": crashing(releases=GONE)}, {}, "r1"),
        ({"workload": crashing(current="r2")}, {}, "r1"),
        ({"health": health("wrong_status", 500)}, {}, "r2"),
        ({"workload": crashing(releases=TWINS, current="a")}, {}, "b"),
        # What the catalog knows to run well, before what merely lies there.
        ({"workload": crashing()}, {"catalog": {"releases": {"history": ["1"]}}}, "r1"),
        ({"workload": crashing()}, {"catalog": {"releases": {"previous": "r1"}}}, "r1"),
        ({"workload": crashing()}, {"catalog": {"releases": {"history": ["1", "2"], "previous": "1"}}}, "r2"),
        ({"workload": crashing(current="r1")}, {"catalog": {"releases": {"history": ["2"]}}}, "r2"),
        ({"workload": crashing(current="r2")}, {"catalog": {"releases": {"history": ["1", "2", "3"]}}}, "r1"),
        ({"workload": crashing(releases=GONE)}, {"catalog": {"releases": {"history": ["1", "2"]}}}, "r1"),
        ({"workload": crashing(releases=REVISIONS, current="api-5")}, KNOWN, "api-4"),
        # An image that is known to run well, with other settings.
        ({"workload": crashing(releases=REVISIONS, current="api-4")}, KNOWN, "api-3"),
        ({"workload": crashing(releases=REVISIONS, current="api-5")}, {"release": "shop:v1"}, "api-2"),
        # A rollout that is stuck while the release before it serves.
        ({"workload": workload(UP, conditions=[condition("image_pull", "no such image")])}, {}, "r2"),
    ],
)  # fmt: skip
def test_targets(readings: dict[str, Any], inputs: dict[str, Any], target: str) -> None:
    entry = one(readings, **inputs)
    assert (entry["status"], entry["parameters"]["release"]) == ("planned", target)
    undo = entry["undo"]["how"]
    assert undo["action"] == "roll_back"
    assert undo["parameters"]["release"] == entry["parameters"]["expected"]


@pytest.mark.parametrize(
    ("readings", "more", "told"),
    [
        ({"workload": crashing(releases=ALL_GONE)}, {}, "rollback_target_missing"),
        ({"workload": crashing(releases=RELEASES[:1])}, {}, "no earlier release"),
        (
            {"workload": crashing(current="r1")},
            {"catalog": {"releases": {"history": ["1", "2"]}}},
            "no earlier release",
        ),
        ({"workload": crashing()}, {"catalog": {"releases": {"history": ["0"]}}}, "0 ran before"),
        ({"workload": crashing()}, {"release": "r9"}, "not one that is known"),
        ({"workload": crashing(releases=GONE)}, {"release": "r2"}, "not present any more"),
        ({"workload": crashing(releases=TWINS, current="c")}, {"release": "latest"}, "not one that is known"),
        ({"workload": crashing(current=None)}, {}, "does not tell which release"),
        ({"workload": crashing(owners={"gitops": "argocd"})}, {}, "externally_managed"),
        ({"workload": crashing(obstacles={"rollback": "no folder of releases"})}, {}, "no folder of releases"),
        ({"workload": crashing("paused_by_operator")}, {}, "somebody decided that"),
        ({"workload": crashing(), "dependencies": dependencies(db="stopped")}, {}, "db is down"),
        ({"workload": crashing(), "rollback_check": {"refused": "column gone"}}, {}, "column gone"),
        (
            {"workload": crashing()},
            {"catalog": {"releases": {"irreversible": ["r3"]}}},
            "irreversible",
        ),
        (
            {"workload": crashing()},
            {"catalog": {"releases": {"irreversible": ["3"]}}},
            "irreversible",
        ),
        (
            {"workload": crashing()},
            {"release": "r1", "catalog": {"releases": {"irreversible": ["r2"]}}},
            "irreversible",
        ),
        (
            {"workload": crashing(current="r2"), "history": history(change("roll_back", after={"current": "r2"}))},
            {},
            "the release is not the cause",
        ),
    ],
)  # fmt: skip
def test_refusals(readings: dict[str, Any], more: dict[str, Any], told: str) -> None:
    entry = one(readings, **more)
    assert entry["status"] == "refused" and told in entry["why"], entry["why"]
    assert entry["parameters"] == {} and "none" in entry["undo"]


def test_a_migration_of_the_release_that_is_kept_does_not_matter() -> None:
    catalog = {"releases": {"irreversible": ["r2"]}}
    assert one({"workload": crashing()}, catalog=catalog)["status"] == "planned"


def test_a_further_step_back_is_taken_when_it_is_named() -> None:
    before = history(change("roll_back", after={"current": "r2"}))
    readings = {"workload": crashing(current="r2"), "history": before}
    assert one(readings, release="r1")["parameters"]["release"] == "r1"


def test_the_one_in_use() -> None:
    assert one({"workload": crashing()}, release="r3")["status"] == "not_needed"


def test_nothing_is_wrong() -> None:
    assert planned("bad_deployment", {}) == []
    assert planned("bad_deployment", {}, release="r1") == []


@pytest.mark.parametrize(("was", "status"), [("r3", "planned"), ("r2", "refused")])
def test_under_the_lock_it_must_be_the_release_that_was_diagnosed(was: str, status: str) -> None:
    earlier = {"action": "roll_back", "parameters": {"expected": was}}
    line = {"type": "plan", "data": {"stage": "diagnosis", "entries": [earlier]}}
    entry = one({"workload": crashing()}, journal=[line])
    assert entry["status"] == status
    assert ("state_changed_since_diagnosis" in entry["why"]) == (status == "refused")
