# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A StatefulSet waits for a pod that will never be ready before it replaces it.

https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
Such a pod is asked to go by an eviction, which a disruption budget can refuse; it is never deleted.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    paths,
    pods,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    Api,
    ApiError,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
    condition,
    condition_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

# So long a pod that is to be replaced may still become ready, as its controller would like it.
PATIENCE_S = 20.0


def stuck(seen: Observed) -> list[Object]:
    """Pods of another release than the wanted one that are not ready, and say why or have had their time."""
    workload = seen.workload
    if workload is None or workload["kind"] != "StatefulSet" or not releases.settled(workload):
        return []
    wanted = workload["status"].get("updateRevision")
    return [
        pod
        for pod in seen.pods
        if releases.of_pod(pod) != wanted
        and not condition(pod, "Ready")
        and not pod["metadata"].get("deletionTimestamp")
        and (pods.trouble(pod, seen.now) or unready_s(pod, seen.now) > PATIENCE_S)
    ]


def unready_s(pod: Object, now: float) -> float:
    since = condition_of(pod, "Ready").get("lastTransitionTime")
    return now - seconds(since) if since else 0.0


def evict(api: Api, seen: Observed) -> None:
    for pod in stuck(seen):
        try:
            evict_one(api, seen, pod)
        except ApiError as error:
            name = pod["metadata"]["name"]
            raise ApiError(
                f"pod {name} stands in the way and may not be evicted: {error}"
            ) from None


def evict_one(api: Api, seen: Observed, pod: Object) -> None:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    # The pod that was looked at, not one of the same name that has come since.
    body: Object = {
        "apiVersion": f"policy/{seen.policy}",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
        "deleteOptions": {"preconditions": {"uid": pod["metadata"]["uid"]}},
    }
    api.post(paths.pod(namespace, name, "eviction"), body)
