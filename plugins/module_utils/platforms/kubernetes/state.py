# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what was read of a service to the reading that every platform answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    conditions,
    containers,
    owners,
    paths,
    pods,
    quantities,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs import (
    obstacles,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Reading,
    reading,
)


def of(seen: Observed) -> Reading:
    where, told = place(seen.section), conditions.conditions(seen)
    if seen.workload is None:
        return reading(
            "kubernetes",
            where,
            kind=paths.kind(seen.section),
            conditions=told,
            obstacles=obstacles.all_of(seen),
        )
    template = containers.template_of(seen.workload)
    name = containers.chosen(template, seen.section)
    return reading(
        "kubernetes",
        where,
        kind=paths.kind(seen.section),
        desired=seen.workload["spec"]["replicas"],
        instances=pods.instances(seen.pods, name, seen.events, seen.now),
        conditions=told,
        releases=releases.releases(seen.workload, seen.revisions),
        current=releases.current(seen.workload, seen.revisions),
        owners=owners.owners(seen.workload, seen.autoscaler),
        limits=limits(containers.container(template, name)),
        obstacles=obstacles.all_of(seen),
        details=details(seen, template, name),
    )


def place(section: Mapping[str, Any]) -> str:
    """As a person names it: the cluster's context, if the catalog has one, and where in it."""
    parts = [section.get("context"), section["namespace"], section["workload"], section["name"]]
    return "/".join(str(part) for part in parts if part)


def limits(container: Mapping[str, Any]) -> dict[str, float]:
    given = (container.get("resources") or {}).get("limits") or {}
    found: dict[str, float] = {}
    if "memory" in given:
        found["memory_bytes"] = quantities.whole_bytes(given["memory"])
    if "cpu" in given:
        found["cpus"] = float(quantities.amount(given["cpu"]))
    return found


def details(seen: Observed, template: Mapping[str, Any], name: str) -> dict[str, Any]:
    container = containers.container(template, name)
    over = [pod["metadata"]["name"] for pod in seen.pods if pods.phase(pod) in pods.OVER]
    found: dict[str, Any] = {
        "container": name,
        "images": releases.images(template),
        "digests": releases.digests(seen.pods, name),
        # Their values may be secrets.
        "environment": [item["name"] for item in container.get("env") or ()],
        "budgets": [one["metadata"]["name"] for one in seen.budgets],
        "unread": list(seen.unread),
        "denied": list(seen.denied),
        "ended_pods": over,
        "warnings": warnings(seen),
    }
    return {key: value for key, value in found.items() if value}


def warnings(seen: Observed) -> list[str]:
    """The newest of what the cluster itself noted, for a person."""
    by_time = sorted(seen.events, key=lambda one: str(one.get("lastTimestamp") or ""))
    return [
        pods.line(
            f"{one.get('lastTimestamp')} {one['involvedObject']['name']}: {one.get('message')}"
        )
        for one in by_time[-5:]
    ]
