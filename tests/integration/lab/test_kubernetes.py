# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A product on Kubernetes: real pods that roll out, are evicted within limits, and keep data."""

from __future__ import annotations

import json

import pytest
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, wait_for

pytestmark = pytest.mark.lab


def pods(space: lab.Namespace, app: str) -> list[str]:
    """Those that stay."""
    every = [item["metadata"] for item in space.json("pods", "-l", f"app={app}")["items"]]
    return [one["name"] for one in every if "deletionTimestamp" not in one]


def test_the_deployment_is_available(space: lab.Namespace) -> None:
    assert space.json("deployment", "api")["status"]["availableReplicas"] == 2
    status, body = lab.get(f"{space.url('api')}/health")
    assert (status, body["checks"]["database"]) == (200, "ok")
    answer = json.loads(space.execute("deployment/worker", "npm", "run", "smoke"))
    assert answer["smoke"] == "ok"
    assert "delivered order" in space.kubectl("logs", "deployment/worker")


def test_a_release_rolls_out_and_back(space: lab.Namespace) -> None:
    space.kubectl("set", "image", "deployment/worker", "worker=shop:v2")
    space.kubectl("rollout", "status", "deployment/worker", "--timeout=60s")
    version = ("curl", "-fs", "http://127.0.0.1:8080/version")
    assert '"v2"' in space.execute("deployment/worker", *version)
    space.kubectl("rollout", "undo", "deployment/worker")
    space.kubectl("rollout", "status", "deployment/worker", "--timeout=60s")


def test_an_eviction_stops_at_the_budget(space: lab.Namespace) -> None:
    eviction = {"apiVersion": "policy/v1beta1", "kind": "Eviction"}

    def evict(pod: str) -> None:
        metadata = {"name": pod, "namespace": space.name}
        path = f"/api/v1/namespaces/{space.name}/pods/{pod}/eviction"
        given = json.dumps({**eviction, "metadata": metadata})
        space.kubectl("create", "--raw", path, "-f", "-", given=given)

    first, second = pods(space, "api")[:2]
    evict(first)
    with pytest.raises(LabError, match="disruption budget"):
        evict(second)
    space.kubectl("rollout", "status", "deployment/api", "--timeout=60s")


def test_a_stateful_pod_keeps_its_data(space: lab.Namespace) -> None:
    psql = ("psql", "-X", "-At", "-U", "postgres", "-d", "haste", "-c")
    space.execute("postgres-0", *psql, "CREATE TABLE kept AS SELECT 42 AS answer")
    space.kubectl("delete", "pod", "postgres-0")
    space.kubectl("rollout", "status", "statefulset/postgres", "--timeout=60s")
    answer = space.execute("postgres-0", *psql, "SELECT answer FROM kept").strip()
    assert answer == "42"


def test_an_autoscaler_can_be_made(space: lab.Namespace) -> None:
    space.kubectl("autoscale", "deployment/api", "--min=2", "--max=4", "--cpu-percent=80")
    assert space.json("hpa", "api")["spec"]["maxReplicas"] == 4
    space.kubectl("delete", "hpa", "api")


def test_memory_beyond_the_limit_ends_in_a_kill(space: lab.Namespace) -> None:
    pod = pods(space, "worker")[0]
    space.execute(pod, "curl", "-fs", "-X", "POST", "http://127.0.0.1:8080/break/memory")

    def killed() -> bool:
        state = space.json("pod", pod)["status"]["containerStatuses"][0]["lastState"]
        return bool(state.get("terminated", {}).get("exitCode") == 137)

    wait_for("the kill", killed, seconds=40)
