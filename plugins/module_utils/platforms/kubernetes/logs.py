# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The logs of a workload's pods, bounded; what the container before wrote tells why it ended."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    containers,
    observed,
    paths,
    pods,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    Api,
    Object,
    Rejected,
)

# Of one container, and of how many pods: what is read in an incident is bounded.
BYTES, PODS = 256 * 1024, 20


def of(
    api: Api, workload: Object, section: Any, lines: int, minutes: int | None = None
) -> dict[str, str]:
    """The texts, by pod and container; all of them, or of the last minutes. Raises ApiError."""
    name = containers.chosen(containers.template_of(workload), section)
    found = observed.pods_of(api, workload)[:PODS]
    asked = {"tailLines": str(lines), "limitBytes": str(BYTES)}
    if minutes is not None:
        asked["sinceSeconds"] = str(minutes * 60)
    return {label: text for pod in found for label, text in _of_pod(api, pod, name, asked)}


def _of_pod(api: Api, pod: Object, name: str, asked: dict[str, str]) -> list[tuple[str, str]]:
    path = paths.pod(pod["metadata"]["namespace"], pod["metadata"]["name"], "log")
    found = []
    for status in pods.statuses(pod):
        if name and status["name"] != name and not pods.trouble(pod, 0):
            continue  # the others of a pod are of interest when it does not run
        for previous in ("true", "false") if status.get("restartCount") else ("false",):
            text = _text(api, path, {**asked, "container": status["name"], "previous": previous})
            label = f"{pod['metadata']['name']}/{status['name']}"
            if text:
                before = " (before its last restart)" if previous == "true" else ""
                found.append((label + before, text))
    return found


def _text(api: Api, path: str, query: dict[str, str]) -> str:
    try:
        return api.text(path, query)
    except Rejected:
        return ""  # a container that has not run yet has written nothing
