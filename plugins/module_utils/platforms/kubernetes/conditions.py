# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What only Kubernetes knows about a service, by the reasons of the check 'workload'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    containers,
    kept,
    pods,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
    condition,
    condition_of,
    number,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Condition,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    condition as told,
)


def conditions(seen: Observed) -> list[Condition]:
    if seen.workload is None:
        section = seen.section
        place = f"{section['workload']} {section['name']} in namespace {section['namespace']}"
        return [told("missing", f"there is no {place}")]
    # Many pods say the same of one release: once is enough.
    found = {(one["reason"], one["message"]): one for one in _all(seen)}
    return list(found.values())


def _all(seen: Observed) -> Iterator[Condition]:
    yield from _workload(seen)
    for pod in seen.pods:
        name = pod["metadata"]["name"]
        if pods.phase(pod) in pods.OVER:
            continue
        if why := lost_node(seen, pod):
            # What the pod itself last said is from before.
            yield told("node_not_ready", why, name)
            continue
        if pods.is_over(pod):
            continue
        for reason, message in pods.trouble(pod, seen.now):
            where = f" ({of_release(seen, pod)})" if reason in ("crash_loop", "image_pull") else ""
            yield told(reason, f"{name}: {message}{where}", name)
        if killed := _killed(seen, pod):
            yield told("oom_killed", f"{name}: {killed}", name)


def lost_node(seen: Observed, pod: dict[str, Any]) -> str:
    """Of a pod that is going, too: nobody there confirms that it is gone."""
    node = seen.nodes.get(pod["spec"].get("nodeName") or "")
    if not node or condition(node, "Ready"):
        return ""
    why = condition_of(node, "Ready").get("message") or "it does not say why"
    return f"node {node['metadata']['name']} is not ready: {why}"


def _workload(seen: Observed) -> Iterator[Condition]:
    workload, template = seen.workload or {}, containers.template_of(seen.workload or {})
    if not containers.chosen(template, seen.section) and seen.section.get("container"):
        yield told("config_invalid", containers.why_none(template, seen.section))
    if workload["spec"].get("paused") and not kept.deployment(workload):
        yield told("paused_by_operator", "its rollout is paused; to go on: kubectl rollout resume")
    if workload["spec"]["replicas"] == 0 and kept.replicas(workload) is None:
        yield told("stopped_by_operator", "somebody set its replicas to 0")
    progress = condition_of(workload, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        yield told("progress_deadline_exceeded", str(progress.get("message")))
    failure = condition_of(workload, "ReplicaFailure")
    said = [failure["message"]] if failure.get("status") == "True" else not_made(seen)
    for message in said:
        yield told("unschedulable", pods.line(f"its pods cannot be made: {message}"))


def not_made(seen: Observed) -> list[str]:
    """A StatefulSet has no condition for it: its newest event tells, while pods are missing."""
    if (
        seen.workload["kind"] != "StatefulSet"
        or len(seen.pods) >= seen.workload["spec"]["replicas"]
    ):
        return []
    uid = seen.workload["metadata"]["uid"]
    return [
        str(event["message"])
        for event in seen.events
        if event["involvedObject"].get("uid") == uid and event.get("reason") == "FailedCreate"
    ][-1:]


def _killed(seen: Observed, pod: dict[str, object]) -> str:
    """Only while it keeps the container from serving: what is over is told by the instance."""
    name = containers.chosen(containers.template_of(seen.workload), seen.section)
    status = pods.main_status(pod, name)
    if condition(pod, "Ready"):
        return ""
    return pods.out_of_memory(pod, name, pods.last_end(status), seen.events)


def of_release(seen: Observed, pod: dict[str, object]) -> str:
    name = releases.of_pod(pod)
    for one in seen.revisions:
        if releases.name_of(one) == name:
            return f"revision {number(one)}, {name}"
    return str(name)
