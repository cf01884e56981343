# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has the cluster done what was asked? The same questions as kubectl rollout status asks."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    pods,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
    condition_of,
)

ENOUGH = 3


def missing(workload: Object) -> str:
    """What is not yet as it should be, in words; nothing when all of it is."""
    if not releases.settled(workload):
        return "the change was not yet seen by its controller"
    return {"Deployment": _deployment, "StatefulSet": _stateful_set}[workload["kind"]](workload)


def first_missing(seen: Observed) -> str:
    """Of a deployment that is held at its first pod, what is missing until that one is made."""
    new = releases.current(seen.workload, seen.revisions)
    if not releases.settled(seen.workload):
        return "the change was not yet seen by its controller"
    return "" if any(releases.of_pod(pod) == new for pod in seen.pods) else "no pod is new"


def _deployment(workload: Object) -> str:
    status, wanted = workload["status"], workload["spec"]["replicas"]
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods are new"
    if total > updated:
        return f"{total - updated} old pods are still there"
    available = status.get("availableReplicas", 0)
    return f"{available} of {wanted} pods are available" if available < wanted else ""


def _stateful_set(workload: Object) -> str:
    spec, status = workload["spec"], workload["status"]
    wanted = spec["replicas"]
    if status.get("replicas", 0) > wanted:
        return f"{status['replicas'] - wanted} pods are still there"
    ready = status.get("readyReplicas", 0)
    if ready < wanted:
        return f"{ready} of {wanted} pods are ready"
    strategy = spec.get("updateStrategy") or {}
    above = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated = status.get("updatedReplicas", 0)
    # With a revision in use alone, the controller counts no updated pods.
    if status.get("currentRevision") == status.get("updateRevision"):
        return ""
    return f"{updated} of {wanted - above} pods are new" if updated < wanted - above else ""


def failed(seen: Observed, before: Object) -> str:
    """Why waiting longer is of no use; nothing while it may still come right."""
    if not releases.settled(seen.workload):
        return ""
    progress = condition_of(seen.workload, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        # What stood there before the change is no news.
        earlier = condition_of(before, "Progressing").get("lastUpdateTime")
        if progress.get("lastUpdateTime") != earlier:
            return str(progress.get("message"))
    return "" if not_begun(seen, before) else hopeless(seen)


def not_begun(seen: Observed, before: Object) -> bool:
    """With the strategy Recreate the old pods go first, and until then theirs is the newest revision."""
    if seen.workload["spec"]["template"] == before["spec"]["template"]:
        return False
    return releases.current(seen.workload, seen.revisions) == releases.current(
        before, seen.revisions
    )


def hopeless(seen: Observed) -> str:
    """A new pod may need a second try, while what it depends on starts, but not a fourth."""
    new = releases.current(seen.workload or {}, seen.revisions)
    for pod in seen.pods:
        for one in pods.statuses(pod) if releases.of_pod(pod) == new else ():
            waiting = (one.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") == "CrashLoopBackOff" and one["restartCount"] >= ENOUGH:
                return f"{pod['metadata']['name']}: {pods.ends(one)}"
    return ""
