# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A node is left by the pods of a service, one after the other: what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    nodes,
    pods,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
    condition,
)


@dataclass(frozen=True)
class Step:
    """A pod to be evicted now, or what is waited for; neither, when it is done."""

    evict: Object | None = None
    waits: str = ""

    @property
    def done(self) -> bool:
        return self.evict is None and not self.waits


def next_step(seen: Observed, node: str, minimum: int, served: int) -> Step:
    """Before the next pod goes, the one before has its successor: as many serve as at the start."""
    if seen.workload is None:
        return Step(waits="the workload is gone")
    alive = [pod for pod in seen.pods if pods.phase(pod) not in pods.OVER]
    going = [pod for pod in alive if pod["metadata"].get("deletionTimestamp")]
    serving = [pod for pod in alive if condition(pod, "Ready") and pod not in going]
    if going:
        return Step(waits=f"pod {going[0]['metadata']['name']} is still going")
    wanted = min(served, seen.workload["spec"]["replicas"])
    if len(serving) < wanted:
        return Step(waits=f"{len(serving)} of {wanted} serve")
    there = nodes.on_node(seen, node)
    if not there:
        return Step()
    there.sort(key=lambda pod: (pod in serving, pod["metadata"]["name"]))
    first = there[0]
    if first in serving and len(serving) - 1 < minimum:
        return Step(waits=f"only {len(serving)} serve, and {minimum} must stay")
    return Step(evict=first)


def serving(seen: Observed) -> int:
    return sum(
        condition(pod, "Ready") and not pod["metadata"].get("deletionTimestamp")
        for pod in seen.pods
    )
