# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which node may be left, and what comes next while its pods leave it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload as check
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    draining,
    nodes,
    state,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.kubernetes.captured import (
    seen,
)


def node(name: str, ready: bool = True, **spec: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": str(ready), "message": "the kubelet is gone"}
    metadata = {"name": name, "resourceVersion": "7", "labels": spec.pop("labels", {})}
    metadata["annotations"] = spec.pop("annotations", {})
    return {"metadata": metadata, "spec": spec, "status": {"conditions": [condition]}}


def on(name: str, **changes: Any) -> Any:
    """The captured Deployment with its pods on one node, all of them ready."""
    found = seen(autoscaler=None, **{"budgets": (), **changes})
    for pod in found.pods:
        pod["spec"]["nodeName"] = name
        pod["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    found.workload["spec"]["replicas"] = len(found.pods)
    return found


TARGET, OTHER = node("n1"), node("n2")
NOT_FOR_US = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (OTHER, ""),
        (node("n2", ready=False), "no other node"),
        (node("n2", unschedulable=True), "no other node"),
        (node("n2", taints=[NOT_FOR_US]), "no other node"),
        (node("n2", taints=[{**NOT_FOR_US, "effect": "PreferNoSchedule"}]), ""),
        (node("n2", annotations={nodes.ANNOTATION: "INC-1"}), "incident INC-1: never two at once"),
    ],
)
def test_where_its_pods_would_go(other: dict[str, Any], says: str) -> None:
    why = [one for one in nodes.obstacles(on("n1"), [TARGET, other], TARGET) if one]
    assert (says in why[0]) if says else why == []


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "disk", "operator": "Exists"}, False),
    ],
)
def test_tolerations(toleration: dict[str, Any], tolerated: bool) -> None:
    assert nodes.takes(node("n2", taints=[NOT_FOR_US]), {"tolerations": [toleration]}) is tolerated


def test_a_node_of_another_sort() -> None:
    wants = {"nodeSelector": {"zone": "b"}}
    assert nodes.takes(node("n2", labels={"zone": "b"}), wants)
    assert not nodes.takes(node("n2", labels={"zone": "a"}), wants)


def test_what_keeps_data_does_not_move() -> None:
    found = on("n1")
    found.pods[0]["spec"]["volumes"] = [{"name": "cache", "emptyDir": {}}]
    (why,) = [one for one in nodes.obstacles(found, [TARGET, OTHER], TARGET) if one]
    assert "emptyDir (cache)" in why


def test_a_spent_budget() -> None:
    found = on("n1", budgets=seen().budgets)
    (why,) = [one for one in nodes.obstacles(found, [TARGET, OTHER], TARGET) if one]
    assert "lets no pod go now" in why


def test_a_lost_node_may_be_closed_although_nothing_can_move() -> None:
    lost = node("n1", ready=False)
    assert [one for one in nodes.obstacles(on("n1"), [lost], lost) if one] == []


def test_closed_for_an_incident_and_opened_only_by_us() -> None:
    edit = nodes.close(TARGET, "INC-1")
    assert edit and edit.body["metadata"] == {
        "annotations": {nodes.ANNOTATION: "INC-1"},
        "resourceVersion": "7",
    }
    assert edit.body["spec"] == {"unschedulable": True}
    assert nodes.close(node("n1", unschedulable=True), "INC-1") is None
    assert nodes.open_again(node("n1", unschedulable=True)) is None
    ours = node("n1", unschedulable=True, annotations={nodes.ANNOTATION: "INC-1"})
    opened = nodes.open_again(ours)
    assert opened and opened.body["spec"] == {"unschedulable": None}


def step(found: Any, minimum: int = 1, served: int = 2) -> draining.Step:
    return draining.next_step(found, "n1", minimum, served)


def test_one_after_the_other() -> None:
    found = on("n1")
    first, second = sorted(found.pods, key=lambda pod: str(pod["metadata"]["name"]))[:2]
    assert step(found).evict == first
    # What does not serve goes first: nobody misses it.
    second["status"]["conditions"] = []
    assert step(found, served=1).evict == second
    # Its successor is not ready yet.
    many = len(found.pods)
    assert step(found, served=many).waits == f"{many - 1} of {many} serve"
    second["metadata"]["deletionTimestamp"] = "2026-11-21T03:00:00Z"
    assert "is still going" in step(found, served=1).waits


def test_so_many_must_stay() -> None:
    found = on("n1")
    many = len(found.pods)
    assert (
        step(found, minimum=many, served=many).waits == f"only {many} serve, and {many} must stay"
    )


def test_done_when_they_serve_elsewhere() -> None:
    assert step(on("n2")).done
    assert not step(on("n1")).done


def lost(*names: str) -> list[tuple[str, str]]:
    """What the check says when the nodes of these names are lost, with all pods on n1."""
    found = on("n1", nodes={name: node(name, ready=False) for name in names})
    for pod in found.pods:
        pod["status"]["conditions"] = []
        pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    return [(one["severity"], one["reason"]) for one in check.grade(state.of(found), {})]


def test_a_lost_node_is_the_cause_of_what_its_pods_show() -> None:
    assert lost("n1") == [("crit", "node_not_ready")]
    assert lost("n2")[0][1] == "crash_loop"
