# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A node is left by the pods of a service, one at a time; a lost one is only closed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import second_node
from ansible_collections.oncall.runbooks.tests.lab import cluster, lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.lab
FAST = ("-e", "service=api", "-e", "hold_seconds=1", "-e", "timeout_seconds=90")
APPROVED = ("-e", "approve=drain_node")
SERVE = "trap 'exit 0' TERM; while :; do sleep 0.2; done"


@pytest.fixture
def space() -> Iterator[lab.Namespace]:
    with second_node.alone(), lab.namespace() as found:
        yield found


def deploy(space: lab.Namespace, replicas: int, **pod: Any) -> None:
    labels = {"app": "api"}
    own = {
        "name": "app",
        "image": "shop:v1",
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", SERVE],
    }
    spec = {
        # Where nobody confirms an end, it would be waited for in vain.
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "containers": [own],
        **pod,
    }
    whole = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    space.kubectl("apply", "-f", "-", given=json.dumps(whole))


def spread(node: second_node.SecondNode) -> dict[str, Any]:
    """One pod on each node, as long as there are two."""
    term = {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": {"app": "api"}},
    }
    rule = [{"weight": 100, "podAffinityTerm": term}]
    return {
        "tolerations": [{"key": second_node.TAINT, "value": node.name}],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": rule}},
    }


def site(space: lab.Namespace, folder: Path, **more: Any) -> Any:
    section = {
        "namespace": space.name,
        "workload": "deployment",
        "name": "api",
        "kubeconfig": str(space.config),
    }
    entry = {"kind": "http", "platform": "kubernetes", "kubernetes": section, **more}
    return harness.make_site(folder, {"api": entry})


def pods(space: lab.Namespace) -> dict[str, str]:
    return {
        pod["metadata"]["uid"]: pod["spec"].get("nodeName", "")
        for pod in space.json("pods")["items"]
    }


def ready(space: lab.Namespace) -> int:
    return int(space.json("deployment", "api")["status"].get("readyReplicas") or 0)


def one_on_each(space: lab.Namespace, node: second_node.SecondNode) -> bool:
    node.beat()
    return len(node.pods()) == 1 and ready(space) == 2


def test_the_pods_leave_a_node_one_at_a_time(space: lab.Namespace, tmp_path: Path) -> None:
    where = site(space, tmp_path)
    with second_node.second_node(space) as node:
        deploy(space, 2, **spread(node))

        wait_for("one pod on each node", lambda: one_on_each(space, node), 60)
        before, wanted = pods(space), (*FAST, "-e", f"node={node.name}")
        checked = where.run("drain_traffic", *wanted, *APPROVED, "--check")
        assert (checked.rc, checked.outcome) == (0, "planned"), checked.stdout + checked.stderr
        asked = where.run("drain_traffic", *wanted)
        assert asked.outcome == "needs_approval", asked.stdout + asked.stderr
        least = site(space, tmp_path / "least", replicas={"min": 2, "max": 4})
        refused = least.run("drain_traffic", *wanted, *APPROVED)
        assert refused.outcome == "refused"
        assert "-e replicas=3" in refused.planned("drain_node")["why"]
        assert (pods(space), node.seen()["unschedulable"]) == (before, False)
        done = where.run("drain_traffic", *wanted, *APPROVED)
        assert (done.rc, done.outcome) == (0, "done"), done.stdout + done.stderr
        assert (node.pods(), ready(space)) == ([], 2)
        assert node.seen() == {"unschedulable": True, "ours": done.report["incident"]}
        after = pods(space)
        # The one on the other node was left alone.
        assert len(set(before) & set(after)) == 1
        again = where.run("drain_traffic", *wanted, *APPROVED)
        assert (again.rc, again.report["changes"]) == (0, []), again.stdout + again.stderr
        incident = ("-e", "service=api", "-e", f"incident={done.report['incident']}")
        undone = where.run("revert", *incident)
        assert (undone.rc, undone.outcome) == (0, "done"), undone.stdout + undone.stderr
        assert node.seen() == {"unschedulable": False, "ours": None}
        assert pods(space) == after


def guard(space: lab.Namespace, labels: dict[str, str]) -> None:
    """A disruption budget that lets none of the two pods go."""
    versions = cluster.kubectl("api-versions", config=space.config).split()
    budget = {
        "apiVersion": "policy/v1" if "policy/v1" in versions else "policy/v1beta1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "guard"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": labels}},
    }
    space.kubectl("delete", "pdb", "guard", "--ignore-not-found")
    space.kubectl("apply", "-f", "-", given=json.dumps(budget))

    def counted() -> bool:
        status = space.json("pdb", "guard").get("status") or {}
        return status.get("currentHealthy") == 2 and status.get("disruptionsAllowed") == 0

    wait_for("the budget", counted, 30)


def test_a_disruption_budget_is_never_overruled(space: lab.Namespace, tmp_path: Path) -> None:
    where = site(space, tmp_path)
    with second_node.second_node(space) as node:
        deploy(space, 2, **spread(node))
        wait_for("one pod on each node", lambda: one_on_each(space, node), 60)
        before, untouched = pods(space), {"unschedulable": False, "ours": None}
        wanted = ("-e", f"node={node.name}", *APPROVED)
        guard(space, {"app": "api"})
        known = where.run("drain_traffic", *FAST, *wanted)
        assert known.rc != 0 and known.outcome == "refused", known.stdout + known.stderr
        assert "PodDisruptionBudget guard lets no pod go" in known.planned("drain_node")["why"]
        assert (pods(space), node.seen()) == (before, untouched)
        # One of which the Deployment tells nothing: the eviction itself is turned away.
        space.kubectl("label", "pods", "--all", "guarded=yes")
        guard(space, {"guarded": "yes"})
        hidden = where.run("drain_traffic", *FAST[:4], "-e", "timeout_seconds=20", *wanted)
        assert hidden.rc != 0 and hidden.outcome == "unrecovered", hidden.stdout + hidden.stderr
        assert "disruption budget" in hidden.report["changes"][0]["message"]
        assert "it is open again" in hidden.report["changes"][0]["message"]
        assert (pods(space), node.seen()) == (before, untouched)


def test_a_lost_node_is_the_cause_and_is_only_closed(space: lab.Namespace, tmp_path: Path) -> None:
    where = site(space, tmp_path)
    with (
        second_node.second_node(space, ready=False) as node,
        second_node.second_node(space) as third,
    ):
        deploy(space, 1, nodeName=node.name, tolerations=[{"operator": "Exists"}])

        def settled() -> bool:
            node.beat()
            return len(node.pods()) == 1

        wait_for("the pod", settled, 60)
        before = pods(space)
        named = where.run("api_unavailable", *FAST)
        assert named.outcome == "refused", named.stdout + named.stderr
        assert named.finding("workload")["reason"] == "node_not_ready"
        assert f"node {node.name} is not ready: the kubelet is gone" in named.stdout
        assert named.planned("restart_service")["status"] == "refused"
        triaged = where.run("triage")
        (cause,) = triaged.report["causes"]
        assert cause["because"]["reason"] == "node_not_ready"
        assert cause["playbook"] == "drain_traffic"
        done = where.run("drain_traffic", *FAST, "-e", f"node={node.name}")
        assert (done.rc, done.outcome) == (0, "done"), done.stdout + done.stderr
        (change,) = done.report["changes"]
        assert (change["action"], change["risk"]) == ("cordon_node", "safe")
        assert change["expires_at"] and node.seen()["unschedulable"]
        # Its pods are where they were, and no second node is closed beside it.
        other = where.run("drain_traffic", *FAST, "-e", f"node={third.name}")
        assert other.outcome == "refused" and "never two at once" in other.stdout
        assert not third.seen()["unschedulable"] and pods(space) == before
        again = where.run("drain_traffic", *FAST, "-e", f"node={node.name}")
        assert again.report["changes"] == [], again.stdout + again.stderr
        incident = ("-e", "service=api", "-e", f"incident={done.report['incident']}")
        undone = where.run("revert", *incident)
        assert (undone.rc, undone.outcome) == (0, "done"), undone.stdout + undone.stderr
        assert node.seen() == {"unschedulable": False, "ours": None}


def test_the_only_node_is_not_left(space: lab.Namespace, tmp_path: Path) -> None:
    deploy(space, 2)
    wait_for("its pods", lambda: ready(space) == 2, 60)
    (node,) = set(pods(space).values())
    done = site(space, tmp_path).run("drain_traffic", *FAST, "-e", f"node={node}", "--check")
    assert done.rc != 0 and done.outcome == "refused", done.stdout + done.stderr
    assert "no other node is ready" in done.planned("drain_node")["why"]
