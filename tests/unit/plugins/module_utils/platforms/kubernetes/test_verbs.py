# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a real API server's answers to the patches of each verb, or why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    kept,
    verbs,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Refused,
    Wanted,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.kubernetes.captured import (
    alone,
    seen,
)

GOOD, BAD = (one["metadata"]["name"] for one in reversed(alone().revisions))
PATH = "/apis/apps/v1/namespaces/shop/deployments/api"


def only(verb: str, found: Any, **wanted: Any) -> dict[str, Any]:
    (edit,) = verbs.edits(verb, found, Wanted(**wanted))
    assert edit.path == PATH
    assert edit.body["metadata"]["resourceVersion"] == found.workload["metadata"]["resourceVersion"]
    return edit.body


def refused(verb: str, found: Any, **wanted: Any) -> str:
    with pytest.raises(Refused) as caught:
        verbs.edits(verb, found, Wanted(**wanted))
    return str(caught.value)


def test_a_restart_is_marked_with_its_incident() -> None:
    found = alone()
    metadata = only("restart", found, incident="INC-1")["spec"]["template"]["metadata"]
    assert metadata == {"annotations": {kept.RESTARTED: "INC-1"}}
    found.workload["spec"]["template"]["metadata"]["annotations"] = {kept.RESTARTED: "INC-1"}
    assert verbs.edits("restart", found, Wanted(incident="INC-1")) == []
    # Also when there is a reason against it by now: there is nothing to do.
    found.workload["spec"]["paused"] = True
    assert verbs.edits("restart", found, Wanted(incident="INC-1")) == []
    assert "paused" in refused("restart", found, incident="INC-2")


def test_back_to_exactly_what_the_release_was() -> None:
    template = only("rollback", alone(), release=GOOD)["spec"]["template"]
    assert template["$patch"] == "replace"
    assert "pod-template-hash" not in template["metadata"]["labels"]
    assert template["spec"]["containers"][0]["command"][2].startswith("trap")
    assert verbs.edits("rollback", alone(), Wanted(release=BAD)) == []
    assert f"there are: {BAD}, {GOOD}" in refused("rollback", alone(), release="api-0")


def test_the_number() -> None:
    stopped = only("stop", alone())
    assert stopped["spec"] == {"replicas": 0}
    assert json.loads(stopped["metadata"]["annotations"][kept.ANNOTATION]) == {"replicas": 2}
    assert verbs.edits("start", alone(), Wanted()) == []
    assert only("scale", alone(), replicas=3)["spec"] == {"replicas": 3}
    assert verbs.edits("scale", alone(), Wanted(replicas=2)) == []


def test_through_an_autoscaler() -> None:
    found = seen()
    (edit,) = verbs.edits("scale", found, Wanted(replicas=3))
    assert edit.path.endswith("/horizontalpodautoscalers/api")
    assert edit.body["spec"] == {"minReplicas": 3}
    before = edit.body["metadata"]["annotations"][kept.ANNOTATION]
    assert json.loads(before) == {"min": 1, "replicas": 2}
    assert "allows at most 4" in refused("scale", found, replicas=5)
    assert "decides how few" in refused("scale", found, replicas=1)
    # The number of before gives back both.
    found.autoscaler["metadata"]["annotations"] = {kept.ANNOTATION: before}
    found.workload["spec"]["replicas"] = 3
    both = verbs.edits("scale", found, Wanted(replicas=2))
    assert [edit.body["spec"] for edit in both] == [{"minReplicas": 1}, {"replicas": 2}]


def test_a_variable_and_the_way_back() -> None:
    body = only("set_env", alone(), environment={"PASSWORD": "x", "NEW": "1"})
    template = body["spec"]["template"]
    assert template["spec"]["containers"] == [
        {
            "name": "app",
            "env": [
                {"name": "PASSWORD", "value": "x", "valueFrom": None},
                {"name": "NEW", "value": "1", "valueFrom": None},
            ],
        }
    ]
    memory = json.loads(template["metadata"]["annotations"][kept.ANNOTATION])["env"]["app"]
    assert memory["NEW"]["deployed"] is None
    assert "valueFrom" in memory["PASSWORD"]["deployed"]
    assert verbs.edits("set_env", alone(), Wanted(environment={"MODE": "a", "NONE": None})) == []


def test_limits() -> None:
    body = only("set_limits", alone(), limits={"memory_bytes": 128 * 2**20})
    (container,) = body["spec"]["template"]["spec"]["containers"]
    assert container == {"name": "app", "resources": {"limits": {"memory": "128Mi"}}}
    assert verbs.edits("set_limits", alone(), Wanted(limits={"memory_bytes": 64 * 2**20})) == []
    assert "request 32Mi" in refused("set_limits", alone(), limits={"memory_bytes": 2**20})


WANTED: dict[str, dict[str, Any]] = {
    "start": {},
    "stop": {},
    "restart": {"incident": "INC-1"},
    "rollback": {"release": GOOD},
    "deploy": {"release": "shop:v9"},
    "scale": {"replicas": 3},
    "set_env": {"environment": {"A": "b"}},
    "set_limits": {"limits": {"cpus": 1.0}},
}
CHANGING = [verb for verb in WANTED if verb != "start"]


@pytest.mark.parametrize("verb", CHANGING)
def test_what_the_credentials_may_not_do(verb: str) -> None:
    found = alone(denied=["patch deployments.apps in namespace shop"])
    assert "may not patch deployments.apps" in refused(verb, found, **WANTED[verb])


@pytest.mark.parametrize("verb", CHANGING)
def test_what_an_operator_makes(verb: str) -> None:
    found = alone()
    owner = {"kind": "Shop", "name": "eu", "uid": "1", "controller": True}
    found.workload["metadata"]["ownerReferences"] = [owner]
    assert "Shop eu makes it" in refused(verb, found, **WANTED[verb])


@pytest.mark.parametrize("verb", [verb for verb in CHANGING if verb != "restart"])
def test_what_git_declares(verb: str) -> None:
    found = alone()
    found.workload["metadata"]["labels"]["argocd.argoproj.io/instance"] = "shop"
    assert "Argo CD (shop) keeps it" in refused(verb, found, **WANTED[verb])
    allowed = alone(section={**found.section, "gitops": "override"}, workload=found.workload)
    if verb == "deploy":  # the rollout that is stuck here stands against that one
        assert "Argo CD" not in refused(verb, allowed, **WANTED[verb])
        return
    assert verbs.edits(verb, allowed, Wanted(**WANTED[verb]))


@pytest.mark.parametrize(
    ("surge", "unavailable", "blocked"),
    [(1, 0, False), ("25%", "25%", False), (0, 1, True), (1, 1, True), ("0%", "0%", True)],
)
def test_a_spent_budget_stops_what_takes_pods_away(
    surge: int | str, unavailable: int | str, blocked: bool
) -> None:
    found = alone()
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    found.workload["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    found = alone(workload=found.workload)
    budgets = seen().budgets
    found = type(found)(**{**vars(found), "budgets": budgets})
    if blocked:
        assert "PodDisruptionBudget api lets no pod go now (2 healthy, 2 needed)" in refused(
            "restart", found, incident="INC-1"
        )
    else:
        assert verbs.edits("restart", found, Wanted(incident="INC-1"))
