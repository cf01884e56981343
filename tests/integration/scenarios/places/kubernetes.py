# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LabelMint in a namespace."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import essence
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import (
    MODES,
    Facts,
    Place,
    Product,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

REPLICAS = {"postgres": 1, "redis": 1, "api": 2, "web": 1, "worker": 1}
KINDS = ("deployment", "statefulset", "service", "pdb", "hpa", "secret", "configmap", "pvc")


@dataclass
class Kubernetes(Place):
    space: lab.Namespace
    inventory = "labelmint_kubernetes"
    database = "postgres"
    # By its answer; soon no pod of it is ready, and then nobody answers at its address.
    sick: ClassVar = {"wrong_status", "unhealthy", "connection_refused"}

    def site(self, folder: Path) -> Product:
        return Product(self.space.inventory(folder / "where"), folder / "state", self.inventory)

    def pods(self, service: str) -> list[dict[str, Any]]:
        return self.all_pods().get(service, [])

    def all_pods(self) -> dict[str, list[dict[str, Any]]]:
        """Of each service. The cluster is asked once, not once for each: that adds up."""
        found: dict[str, list[dict[str, Any]]] = {}
        for one in self.space.json("pods", "-l", "app", "--sort-by=.metadata.name")["items"]:
            if "deletionTimestamp" not in one["metadata"]:
                found.setdefault(one["metadata"]["labels"]["app"], []).append(one)
        return found

    def workload(self, service: str) -> str:
        kind = "statefulset" if service in ("postgres", "redis") else "deployment"
        return f"{kind}/{service}"

    def inside(self, service: str, *command: str) -> list[str]:
        names = [one["metadata"]["name"] for one in self.pods(service)]
        return [self.space.execute(name, *command) for name in names]

    def stop(self, service: str) -> None:
        self.space.kubectl("scale", self.workload(service), "--replicas=0")
        wait_for(f"{service} is gone", lambda: not self.pods(service), 30)

    def start(self, service: str) -> None:
        self.space.kubectl("scale", self.workload(service), "--replicas=1")

    def deploy(self, number: int) -> None:
        self.space.kubectl("set", "image", "deployment/api", f"api=shop:v{number}")
        if number != 3:
            self.space.kubectl("rollout", "status", "deployment/api", "--timeout=60s")
        else:
            wait_for("it crashes", self._crashes, 60)

    def _crashes(self) -> bool:
        states = [status for pod in self.pods("api") for status in statuses(pod)]
        return any(
            one["restartCount"]
            and one["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
            for one in states
        )

    def release(self) -> str:
        images = {pod["spec"]["containers"][0]["image"] for pod in self.pods("api")}
        return " ".join(sorted(images))

    def limit_memory(self, mebibytes: int) -> None:
        """All its pods at once: one after the other, the old ones would go on serving."""
        size = f"{mebibytes}Mi"
        resources = {"requests": {"memory": size}, "limits": {"memory": size}}
        containers = [{"name": "api", "resources": resources}]
        strategy = {"type": "Recreate", "rollingUpdate": None}
        spec = {"strategy": strategy, "template": {"spec": {"containers": containers}}}
        self.space.kubectl("patch", "deployment", "api", "-p", json.dumps({"spec": spec}))
        if mebibytes < 64:
            wait_for("it is killed", self._crashes, 120)

    def memory_limit(self) -> int:
        (container,) = self.space.json("deployment", "api")["spec"]["template"]["spec"][
            "containers"
        ]
        return int(container["resources"]["limits"]["memory"].removesuffix("Mi"))

    def born(self, service: str) -> list[str]:
        return [life(pod) for pod in self.pods(service)]

    @cached_property
    def url(self) -> str:
        return self.space.url("api")

    def all_serve(self) -> bool:
        items, pods = self.space.json("deployment,statefulset")["items"], self.all_pods()
        return all(
            item["status"].get("readyReplicas") == item["spec"]["replicas"] > 0
            and item["status"].get("observedGeneration") == item["metadata"]["generation"]
            and len(pods.get(item["metadata"]["name"], ())) == item["spec"]["replicas"]
            for item in items
        )

    def put_right(self) -> None:
        for name, number in REPLICAS.items():
            self.space.kubectl("scale", self.workload(name), f"--replicas={number}")
        self.limit_memory(256)
        self.deploy(2)
        self.space.kubectl("rollout", "restart", "deployment/api")
        self.space.wait_rolled_out()
        self.space.execute("redis-0", "redis-cli", "DEL", *MODES)

    def snapshot(self) -> Facts:
        pods = self.all_pods()
        lives = {name: [life(pod) for pod in pods.get(name, ())] for name in REPLICAS}
        items = self.space.json("deployment,statefulset,replicaset,pdb")["items"]
        generations = {
            (one["kind"], one["metadata"]["name"]): one["metadata"].get("generation")
            for one in items
        }
        return {**self.lasting(), "lives": lives, "generations": generations}

    def lasting(self) -> Facts:
        """Its lock is a Lease, which stays, and belongs to nobody."""
        found = self.space.json(",".join(KINDS))["items"]
        objects = {(one["kind"], one["metadata"]["name"]): essence(one) for one in found}
        modes = self.space.execute("redis-0", "redis-cli", "EXISTS", *MODES)
        return {"objects": objects, "modes": modes.strip(), "volumes": self._volumes()}

    def _volumes(self) -> list[tuple[str, str]]:
        claims = self.space.json("pvc")["items"]
        return [(one["metadata"]["uid"], one["spec"]["volumeName"]) for one in claims]

    @contextmanager
    def within_budget(self) -> Iterator[None]:
        """The api's PodDisruptionBudget wants one that serves at each moment: each change is told."""
        form = 'jsonpath={.status.availableReplicas}{"\\n"}'
        words = ("-n", self.space.name, "get", "deployment", "api", "--watch", "-o", form)
        watcher = subprocess.Popen(
            ["kubectl", "--kubeconfig", str(self.space.config), *words],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield
        finally:
            watcher.terminate()
            told, _nothing = watcher.communicate()
        seen = [int(line or 0) for line in told.splitlines()]
        assert seen and min(seen) >= 1, seen


def life(pod: dict[str, Any]) -> str:
    return f"{pod['metadata']['uid']} {[one['containerID'] for one in statuses(pod)]}"


def statuses(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return list(pod["status"].get("containerStatuses", ()))


@contextmanager
def opened() -> Iterator[Kubernetes]:
    with lab.namespace("labelmint_kubernetes") as space:
        place = Kubernetes(space)
        data = space.json("secret", "database")["data"]
        place.secret = base64.b64decode(data["password"]).decode()
        yield place
