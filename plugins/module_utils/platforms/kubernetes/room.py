# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much memory the nodes of a service have that is promised to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    observed,
    paths,
    pods,
    quantities,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    Api,
    Object,
)

# Null where nobody tells.
Room = dict[str, Any]
UNKNOWN: Room = {"total_bytes": None, "available_bytes": None}


def room(api: Api, section: Mapping[str, Any]) -> Room:
    """Of the node that has the least: each may have to hold all of the service's pods."""
    own = observed.pods_of(api, api.get(paths.workload(section)))
    names = {str(pod["spec"]["nodeName"]) for pod in own if pod["spec"].get("nodeName")}
    if not names or len(names) > observed.NODES:
        return UNKNOWN
    return min((_of_node(api, name) for name in sorted(names)), key=lambda one: one[0])[1]


def _of_node(api: Api, name: str) -> tuple[int, Room]:
    total = quantities.whole_bytes(api.get(paths.node(name))["status"]["allocatable"]["memory"])
    there = observed.items(api, "/api/v1/pods", {"fieldSelector": f"spec.nodeName={name}"})
    left = max(0, total - promised(there))
    return left, {"total_bytes": total, "available_bytes": left}


def promised(there: Sequence[Object]) -> int:
    """What the scheduler counts: requests, and a limit is one where there is no other."""
    return sum(
        quantities.whole_bytes((wanted.get("requests") or {}).get("memory") or limit)
        for pod in there
        if pods.phase(pod) not in pods.OVER
        for wanted in (one.get("resources") or {} for one in pod["spec"]["containers"])
        for limit in ((wanted.get("limits") or {}).get("memory") or 0,)
    )
