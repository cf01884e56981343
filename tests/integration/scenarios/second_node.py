# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A second node for the lab's cluster, without a kubelet: the test says how it and its pods are.

All else is real: the scheduler puts pods on it, the API evicts them, and their successors really
run on the lab's own node. Other tests' pods do not tolerate its taint.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    MERGE,
    ApiError,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client import KubernetesApi
from ansible_collections.oncall.runbooks.tests.lab import cluster, lab

TAINT = "oncall-test"
ROOM = {"cpu": "4", "memory": "8Gi", "pods": "10"}
# A node that says nothing for two minutes is called lost.
BEAT_S = 10


@dataclass
class SecondNode:
    space: lab.Namespace
    name: str
    ready: bool = True
    ended: threading.Event = field(default_factory=threading.Event)

    def create(self) -> None:
        taint = {"key": TAINT, "value": self.name, "effect": "NoSchedule"}
        labels = {"kubernetes.io/hostname": self.name}
        whole = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": labels},
            "spec": {"taints": [taint]},
        }
        cluster.kubectl("apply", "-f", "-", config=self.space.config, given=json.dumps(whole))
        self.beat()
        threading.Thread(target=self._beats, daemon=True).start()

    def remove(self) -> None:
        self.ended.set()
        words = ("delete", "node", self.name, "--ignore-not-found", "--wait=false")
        cluster.kubectl(*words, config=self.space.config)

    def _beats(self) -> None:
        while not self.ended.wait(BEAT_S):
            with contextlib.suppress(ApiError):
                self.beat()

    def beat(self) -> None:
        """What its kubelet would say of itself, and of the pods on it."""
        now = stamp(time.time())[:19] + "Z"
        said = "" if self.ready else "the kubelet is gone"
        condition = {
            "type": "Ready",
            "status": str(self.ready),
            "reason": "Test",
            "message": said,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        status = {"capacity": ROOM, "allocatable": ROOM, "conditions": [condition]}
        api = KubernetesApi({"kubeconfig": str(self.space.config)})
        try:
            api.patch(f"/api/v1/nodes/{self.name}/status", {"status": status}, MERGE, False)
            for pod in self.pods():
                body = {"status": running(pod, self.ready, now)}
                path = f"/api/v1/namespaces/{self.space.name}/pods/{pod['metadata']['name']}/status"
                api.patch(path, body, MERGE, False)
        finally:
            api.close()

    def pods(self) -> list[dict[str, Any]]:
        chosen = ("pods", "--field-selector", f"spec.nodeName={self.name}")
        return list(self.space.json(*chosen)["items"])

    def seen(self) -> dict[str, Any]:
        """What a runbook may have changed of it."""
        words = ("get", "node", self.name, "-o", "json")
        found = json.loads(cluster.kubectl(*words, config=self.space.config))
        annotations = found["metadata"].get("annotations") or {}
        return {
            "unschedulable": found["spec"].get("unschedulable", False),
            "ours": annotations.get("oncall.runbooks/cordoned-for"),
        }


def running(pod: Mapping[str, Any], ready: bool, now: str) -> dict[str, Any]:
    state = {"running": {"startedAt": pod["metadata"]["creationTimestamp"]}}
    one = {
        "name": "app", "image": "shop:v1", "imageID": "", "restartCount": 0, "ready": ready,
        "started": True, "state": state,
    }  # fmt: skip
    kinds = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
    conditions = [
        {"type": kind, "status": str(holds), "lastTransitionTime": now}
        for kind, holds in kinds.items()
    ]
    return {"phase": "Running", "conditions": conditions, "containerStatuses": [one]}


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Never two nodes at once: of the tests on this machine, one at a time."""
    path = Path(tempfile.gettempdir()) / f"oncall-second-node-{os.getuid()}"
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def second_node(space: lab.Namespace, ready: bool = True) -> Iterator[SecondNode]:
    made = SecondNode(space, lab.fresh_name(), ready)
    made.create()
    try:
        yield made
    finally:
        made.remove()
