# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what Docker and Compose say to the reading of a service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.answers import (
    Container,
    Look,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.obstacles import (
    obstacles,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.ports import (
    conflicts,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.releases import (
    find,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Condition,
    Instance,
    Reading,
    condition,
    instance,
    reading,
)

STATES = {
    "created": "stopped",
    "running": "running",
    "paused": "paused",
    "restarting": "restarting",
    "removing": "terminating",
    "exited": "stopped",
    "dead": "stopped",
}
# Docker takes a container that ran this long for one that does not crash.
# https://docs.docker.com/engine/containers/start-containers-automatically/
CRASHES_WITHIN_S = 10
# So long it is worth saying that one which serves again was killed.
RECENT_S = 300
KILLED = 137
NEVER = "0001-01-01T00:00:00Z"


def of_service(look: Look, service: str, where: str, known_releases: object) -> Reading:
    containers = look.of(service)
    instances = [_instance(one, look) for one in containers]
    images = {one["image"] for one in containers}
    return reading(
        "compose",
        where,
        kind="container",
        desired=desired(look, service),
        instances=instances,
        conditions=_conditions(look, service, containers),
        releases=releases(look, service, known_releases),
        current=images.pop() if len(images) == 1 else None,
        limits=_limits(containers),
        obstacles=obstacles(look, service),
        details={
            "project": look.project,
            "image": containers[0]["image_name"] if containers else None,
            "environment": containers[0]["environment"] if containers else [],
            "set_here": _set_here(containers),
        },
    )


def desired(look: Look, service: str) -> int | None:
    """What the files say, and more when somebody scaled it up: Compose keeps that nowhere else."""
    there = len(look.of(service))
    if service not in look.config:
        return there or None
    return max(deployed_number(look, service), there)


def deployed_number(look: Look, service: str) -> int:
    entry = look.config.get(service, {})
    given = entry.get("deploy/replicas", entry.get("scale"))
    return 1 if given is None else int(given)


def _instance(one: Container, look: Look) -> Instance:
    state = STATES.get(one["status"], "unknown")
    health = one["health"]
    ready = None if health in (None, "none", "") else health == "healthy"
    if state == "running" and health == "starting":
        state = "starting"
    crashed = one["restarts"] and look.now - _seconds(one) < CRASHES_WITHIN_S
    if state in ("running", "starting") and crashed:
        state = "restarting"
    up = one["status"] in ("running", "paused")
    killed = one["oom_killed"] or _kernel_killed(one, look)
    return instance(
        one["name"],
        state,
        key=one["id"],
        ready=ready if state in ("running", "starting") else None,
        started_at=None if one["started_at"] == NEVER else one["started_at"],
        restarts=one["restarts"],
        exit_code=None if up or one["status"] == "created" else one["exit_code"],
        oom_killed=killed,
        message=_message(one, look, killed),
        release=one["image"],
    )


def _seconds(one: Container) -> float:
    """When it started. Docker gives nanoseconds, which Python does not read."""
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", one["started_at"])
    return datetime.fromisoformat(text).timestamp()


def _kernel_killed(one: Container, look: Look) -> bool:
    """The flag stays false where cgroup v1 does not tell Docker; the kernel names the container."""
    ended = one["exit_code"] == KILLED or one["restarts"]
    return bool(ended) and any(one["id"] in line for line in look.killed)


def _message(one: Container, look: Look, killed: bool) -> str:
    if one["error"]:
        return str(one["error"])[:300]
    if one["health"] == "unhealthy":
        return f"its health check failed {one['failing']} times in a row"
    if one["exit_code"] == KILLED and one["status"] != "running" and not killed:
        log = "says nothing of it" if look.kernel_read else "may not be read"
        return f"killed: for want of memory, or by somebody; the kernel's log {log}"
    return ""


def _conditions(look: Look, service: str, containers: Sequence[Container]) -> list[Condition]:
    found = []
    if look.problem and "Compose plugin" not in look.problem:
        found.append(
            condition("config_invalid", f"the compose files are not valid: {look.problem}")
        )
    if not containers:
        found.append(_missing(look, service))
    found += [condition("port_conflict", text, name) for name, text in conflicts(look, service)]
    found += [
        condition(
            "oom_killed",
            f"{one['name']} was killed for want of memory, and runs again",
            one["name"],
        )
        for one in containers
        if one["status"] == "running"
        and _kernel_killed(one, look)
        and look.now - _seconds(one) < RECENT_S
    ]
    return found


def _missing(look: Look, service: str) -> Condition:
    entry = look.config.get(service)
    if entry is None:
        why = (
            "and the compose files do not name it" if look.config else "and nothing says what it is"
        )
        return condition("missing", f"there is no container of {service}, {why}")
    image = entry.get("image")
    if image and not entry.get("build") and not find(look.images, image):
        return condition(
            "image_pull",
            f"there is no container of {service}, and its image {image} is not on the host",
        )
    return condition("missing", f"there is no container of {service}, which the compose files name")


def _limits(containers: Sequence[Container]) -> dict[str, Any]:
    if not containers:
        return {}
    memory, cpus = containers[0]["memory"], containers[0]["nano_cpus"]
    return {
        **({"memory_bytes": memory} if memory else {}),
        **({"cpus": cpus / 1e9} if cpus else {}),
    }


def _set_here(containers: Sequence[Container]) -> Mapping[str, Any]:
    """What was changed by us and counts until it is taken back, or somebody deploys anew."""
    if not containers:
        return {}
    one = containers[0]
    return {
        "image": one["pinned"] or None,
        "limits": one["limits"] or None,
        "environment": one["set"],
    }
