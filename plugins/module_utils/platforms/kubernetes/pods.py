# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pod as an instance, and what it says about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import releases
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.containers import (
    container,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    condition,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Instance,
    instance,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

# Why a container waits, by the reason of the check 'workload'.
WAITING = {
    "ErrImagePull": "image_pull",
    "ImagePullBackOff": "image_pull",
    "InvalidImageName": "image_pull",
    "ErrImageNeverPull": "image_pull",
    "ImageInspectError": "image_pull",
    "RegistryUnavailable": "image_pull",
    "CrashLoopBackOff": "crash_loop",
    "CreateContainerConfigError": "config_invalid",
    "CreateContainerError": "config_invalid",
    "RunContainerError": "config_invalid",
}
# Of a container that ended and has just been started again nobody knows yet whether it stays.
JUST_RESTARTED_S = 30
# The first restart comes at once, each later one only after what Kubernetes calls CrashLoopBackOff.
LOOP_RESTARTS = 2
# The kernel's signal that nothing can catch: what the OOM killer sends, and others, too.
KILLED = 137
MESSAGE_MAX = 200


def instances(
    pods: Iterable[Object], name: str, events: Iterable[Object], now: float
) -> list[Instance]:
    """Evicted pods stay behind as a record; they are no instances any more."""
    events = list(events)
    return [_instance(pod, name, events, now) for pod in pods if phase(pod) not in OVER]


OVER = ("Failed", "Succeeded")


def phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_over(pod: Object) -> bool:
    """It has ended, or is about to: nothing of it counts any more."""
    return phase(pod) in OVER or bool(pod["metadata"].get("deletionTimestamp"))


def statuses(pod: Object) -> list[Mapping[str, Any]]:
    """Of all containers, those that come first first."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def main_status(pod: Object, name: str) -> Mapping[str, Any]:
    listed = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((one for one in listed if one["name"] == name), {})


def _instance(pod: Object, name: str, events: list[Object], now: float) -> Instance:
    status = main_status(pod, name)
    own = status.get("state") or {}
    ended = last_end(status)
    killed = out_of_memory(pod, name, ended, events)
    return instance(
        pod["metadata"]["name"],
        state(pod, status, now),
        ready=condition(pod, "Ready") if "running" in own else None,
        started_at=(own.get("running") or {}).get("startedAt"),
        restarts=int(status.get("restartCount") or 0),
        exit_code=ended.get("exitCode"),
        oom_killed=bool(killed),
        message=killed or said(pod, own, ended),
        release=releases.of_pod(pod),
        node=pod["spec"].get("nodeName"),
    )


def state(pod: Object, status: Mapping[str, Any], now: float) -> str:
    own = status.get("state") or {}
    if pod["metadata"].get("deletionTimestamp"):
        return "terminating"
    if phase(pod) == "Unknown":
        return "unknown"
    if "running" in own:
        settling = not condition(pod, "Ready") and now - seconds(
            own["running"]["startedAt"]
        ) < grace(pod, status["name"])
        return "starting" if settling else "running"
    if "terminated" in own or (own.get("waiting") or {}).get("reason") == "CrashLoopBackOff":
        return "restarting"
    return "pending"


def grace(pod: Object, name: str) -> int:
    """How long a container may take until its probes call it ready."""
    own = container({"spec": pod["spec"]}, name)
    total = 0
    for kind in ("startupProbe", "readinessProbe"):
        probe = own.get(kind)
        if probe:
            tries = probe["failureThreshold"] * probe["periodSeconds"] + probe["timeoutSeconds"]
            total += probe.get("initialDelaySeconds", 0) + tries
    return total


def last_end(status: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (
        (status.get("state") or {}).get("terminated")
        or (status.get("lastState") or {}).get("terminated")
        or {}
    )
    return found


def out_of_memory(
    pod: Object, name: str, ended: Mapping[str, Any], events: Iterable[Object]
) -> str:
    """Some kernels (cgroup v1 without events) give the reason Error: then it is an inference."""
    if ended.get("reason") == "OOMKilled":
        return "killed for want of memory"
    limit = (
        (container({"spec": pod["spec"]}, name).get("resources") or {}).get("limits") or {}
    ).get("memory")
    if ended.get("exitCode") != KILLED or not limit or killed_by_probe(pod, events):
        return ""
    return f"killed (137) with a memory limit of {limit} and no failed liveness probe: probably out of memory"


def killed_by_probe(pod: Object, events: Iterable[Object]) -> bool:
    uid = pod["metadata"]["uid"]
    return any(
        event["involvedObject"].get("uid") == uid
        and event.get("reason") == "Unhealthy"
        and str(event.get("message")).startswith(("Liveness", "Startup"))
        for event in events
    )


def said(pod: Object, own: Mapping[str, Any], ended: Mapping[str, Any]) -> str:
    waiting = own.get("waiting") or {}
    if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        return line(f"{waiting['reason']}: {waiting.get('message') or 'no message'}")
    if ended.get("reason") not in (None, "Completed", "Error"):
        return line(f"{ended['reason']}: {ended.get('message') or 'no message'}")
    status = pod.get("status") or {}
    return line(f"{status['reason']}: {status.get('message', '')}") if status.get("reason") else ""


def line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE_MAX else f"{text[:MESSAGE_MAX]}…"


def trouble(pod: Object, now: float) -> list[tuple[str, str]]:
    """What keeps a pod from running, by the reason of the check, with the cluster's words."""
    found = []
    for one in statuses(pod):
        own = one.get("state") or {}
        waiting = own.get("waiting") or {}
        reason = WAITING.get(waiting.get("reason") or "")
        if reason and reason != "crash_loop":
            found.append(
                (reason, line(f"{waiting['reason']}: {waiting.get('message') or one['image']}"))
            )
        elif reason or crashes(one, now):
            found.append(("crash_loop", ends(one)))
    scheduled: Mapping[str, Any] = next(
        (
            one
            for one in (pod.get("status") or {}).get("conditions") or ()
            if one["type"] == "PodScheduled"
        ),
        {},
    )
    if scheduled.get("status") == "False":
        found.append(
            ("unschedulable", line(str(scheduled.get("message") or scheduled.get("reason"))))
        )
    return found


def crashes(status: Mapping[str, Any], now: float) -> bool:
    """Between two starts a container is for a moment ended, or runs."""
    own, restarts = status.get("state") or {}, int(status.get("restartCount") or 0)
    if "terminated" in own:
        return bool(restarts and own["terminated"].get("exitCode"))
    if "running" in own:
        age = now - seconds(own["running"]["startedAt"])
        again = restarts >= LOOP_RESTARTS and age < JUST_RESTARTED_S
        return again and bool(last_end(status).get("exitCode"))
    return False


def ends(status: Mapping[str, Any]) -> str:
    ended = last_end(status)
    code = f" with exit code {ended['exitCode']}" if "exitCode" in ended else ""
    return f"container {status['name']} ended{code} and was restarted {status.get('restartCount', 0)} times"
