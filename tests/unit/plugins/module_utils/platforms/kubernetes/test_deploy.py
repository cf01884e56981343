# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deployment, one pod first: its patches one after the other, and the way back out of its middle."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    conditions,
    kept,
    releases,
    rollout,
    verbs,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs import (
    obstacles,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Refused,
    Wanted,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.kubernetes.captured import (
    alone,
    seen,
)

GOOD = min(alone().revisions, key=lambda one: str(one["metadata"]["creationTimestamp"]))
LEFT = releases.name_of(GOOD)
HOTFIX = Wanted(release="shop:v2")


def calm(**spec: Any) -> Any:
    """The first release runs, and nothing is under way."""
    found = alone()
    found.workload["spec"]["template"] = releases.template(GOOD)
    found.workload["spec"].update(spec)
    return replace(found, pods=[pod for pod in found.pods if releases.of_pod(pod) == LEFT])


def body(verb: str, found: Any, wanted: Wanted = HOTFIX) -> dict[str, Any]:
    (edit,) = verbs.edits(verb, found, wanted)
    return edit.body


def patched(found: Any, change: dict[str, Any]) -> Any:
    """As the API server would have it, of what these patches hold."""
    workload = copy.deepcopy(found.workload)
    annotations = workload["metadata"].setdefault("annotations", {})
    annotations.update(change["metadata"].get("annotations") or {})
    for key, value in change["spec"].items():
        if key == "template":
            (given,) = value["spec"]["containers"]
            workload["spec"]["template"]["spec"]["containers"][0].update(given)
        else:
            workload["spec"][key] = value
    return replace(found, workload=workload)


def test_one_pod_more_and_none_fewer() -> None:
    found = calm()
    change = body("deploy", found)
    spec = change["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert spec["template"]["spec"]["containers"] == [{"name": "app", "image": "shop:v2"}]
    # What the API server takes: more than any hold, less than the deadline for progress.
    assert 30 <= spec["minReadySeconds"] < found.workload["spec"]["progressDeadlineSeconds"]
    mine = json.loads(change["metadata"]["annotations"][kept.ANNOTATION])[kept.DEPLOYMENT]
    assert mine["release"] == LEFT
    assert mine["strategy"] == found.workload["spec"]["strategy"]


def test_where_there_must_be_none_more_there_is_one_fewer() -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 2}}
    spec = body("deploy", calm(strategy=rolling))["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_a_halt_and_then_the_others() -> None:
    begun = patched(calm(), body("deploy", calm()))
    assert body("deploy_hold", begun)["spec"] == {"paused": True}
    held = patched(begun, {"metadata": {}, "spec": {"paused": True}})
    assert verbs.edits("deploy_hold", held, HOTFIX) == []
    ended = body("deploy_rest", held)
    assert ended["spec"]["paused"] is None
    assert ended["spec"]["strategy"] == calm().workload["spec"]["strategy"]
    assert ended["metadata"]["annotations"] == {kept.ANNOTATION: None}
    assert verbs.edits("deploy_rest", patched(held, ended), HOTFIX) == []


def test_back_out_of_the_middle() -> None:
    begun = patched(calm(paused=True), body("deploy", calm()))
    change = body("rollback", begun, Wanted(release=LEFT))
    assert change["spec"]["paused"] is None
    assert change["spec"]["template"] == {**releases.template(GOOD), "$patch": "replace"}
    assert change["spec"]["strategy"] == calm().workload["spec"]["strategy"]
    assert change["metadata"]["annotations"][kept.ANNOTATION] is None


def test_back_before_any_pod_was_made() -> None:
    """The patch was refused or lost: what is kept goes, and the template stays."""
    begun = patched(calm(), {**body("deploy", calm()), "spec": {}})
    change = body("rollback", begun, Wanted(release=LEFT))
    assert "template" not in change["spec"] and change["metadata"]["annotations"] == {
        kept.ANNOTATION: None
    }
    assert verbs.edits("rollback", calm(), Wanted(release=LEFT)) == []


def test_our_own_halt_is_nobody_elses() -> None:
    begun = patched(calm(paused=True), body("deploy", calm()))
    assert "paused_by_operator" not in {one["reason"] for one in conditions.conditions(begun)}
    for verb in ("restart", "set_env", "deploy"):
        assert "revert takes that back" in obstacles.of(verb, begun)[0]
    assert obstacles.of("rollback", begun)[0] == ""
    others = calm(paused=True)
    assert "paused by somebody" in obstacles.of("deploy", others)[0]


def test_what_is_so_already() -> None:
    image = releases.images(calm().workload["spec"]["template"])[0]
    assert verbs.edits("deploy", calm(), Wanted(release=image)) == []


def test_a_stateful_set_is_held_by_its_partition() -> None:
    found = calm()
    own = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    found.workload.update(kind="StatefulSet")
    found.workload["spec"].update(replicas=3, updateStrategy=own)
    found.workload["status"].update(updateRevision=LEFT)
    change = body("deploy", found)
    assert change["spec"]["updateStrategy"]["rollingUpdate"] == {"partition": 2}
    assert "strategy" not in change["spec"]
    begun = patched(found, change)
    assert verbs.edits("deploy_hold", begun, HOTFIX) == []
    assert body("deploy_rest", begun)["spec"] == {"updateStrategy": own}


def test_the_first_pod_is_there() -> None:
    found = calm()
    assert rollout.first_missing(found) == ""
    assert rollout.first_missing(replace(found, pods=[])) == "no pod is new"


RECREATE = {"strategy": {"type": "Recreate"}}
NONE_MORE = {
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
}
FULL = {
    "metadata": {"name": "small"},
    "spec": {},
    "status": {"hard": {"pods": "2"}, "used": {"pods": "2"}},
}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (calm(), ""),
        (alone(), "under way or stuck"),
        (calm(**RECREATE), "all of its pods change at once"),
        (calm(**RECREATE, replicas=1), ""),
        (calm(replicas=0), "start it"),
        (calm(revisionHistoryLimit=0), "no way back"),
        (calm(updateStrategy={"rollingUpdate": {"partition": 1}}), "below number 1"),
        (replace(calm(), quotas=[FULL]), "the quota small allows 2 of pods"),
        (replace(calm(**NONE_MORE), quotas=[FULL]), ""),
        # A pod more costs a budget nothing.
        (replace(calm(), budgets=seen().budgets), ""),
        (replace(calm(**NONE_MORE), budgets=seen().budgets), "lets no pod go now"),
    ],
)
def test_what_stands_against_it(found: Any, told: str) -> None:
    why = obstacles.of("deploy", found)[0]
    assert told in why and bool(why) == bool(told), why
    if told:
        with pytest.raises(Refused):
            verbs.edits("deploy", found, HOTFIX)


@pytest.mark.parametrize(
    ("wanted", "held", "reason"),
    [
        ("shop:v2", None, None),
        ("v2", None, None),
        ("registry:5000/shop:v2", None, None),
        (f"shop@sha256:{'0' * 64}", None, None),
        ("shop:v2", ["shop:v2"], None),
        ("shop:v2", ["shop:v1"], "release_missing"),
        ("redis:6", None, "release_missing"),
        ("shop", None, "release_not_pinned"),
        ("shop:latest", None, "release_not_pinned"),
    ],
)
def test_a_release_that_is_asked_for(
    wanted: str, held: list[str] | None, reason: str | None
) -> None:
    found = releases.target(calm().workload, {"image": "shop:v1"}, wanted, held)
    assert (found["refused"] or {"reason": None})["reason"] == reason
    assert not found["in_use"]


def test_the_release_in_use() -> None:
    container = {"image": "docker.io/library/shop:v1"}
    assert releases.target(calm().workload, container, "shop:v1", None)["in_use"]
    begun = patched(calm(), body("deploy", calm()))
    assert not releases.target(begun.workload, container, "shop:v1", None)["in_use"]
