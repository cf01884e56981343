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


def of(api: Api, workload: Object, section: Any, lines: int) -> dict[str, str]:
    """The texts, by pod and container. Raises ApiError."""
    name = containers.chosen(containers.template_of(workload), section)
    found = observed.pods_of(api, workload)[:PODS]
    return {label: text for pod in found for label, text in _of_pod(api, pod, name, lines)}


def _of_pod(api: Api, pod: Object, name: str, lines: int) -> list[tuple[str, str]]:
    path = paths.pod(pod["metadata"]["namespace"], pod["metadata"]["name"], "log")
    found = []
    for status in pods.statuses(pod):
        if name and status["name"] != name and not pods.trouble(pod, 0):
            continue  # the others of a pod are of interest when it does not run
        for previous in ("true", "false") if status.get("restartCount") else ("false",):
            text = _text(api, path, status["name"], previous, lines)
            label = f"{pod['metadata']['name']}/{status['name']}"
            if text:
                before = " (before its last restart)" if previous == "true" else ""
                found.append((label + before, text))
    return found


def _text(api: Api, path: str, container: str, previous: str, lines: int) -> str:
    query = {
        "container": container,
        "previous": previous,
        "tailLines": str(lines),
        "limitBytes": str(BYTES),
    }
    try:
        return api.text(path, query)
    except Rejected:
        return ""  # a container that has not run yet has written nothing
