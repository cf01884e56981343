# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One pod of a new release first: how a workload is held there, and let go again.

A Deployment makes one more pod and takes none away, and does not believe it for a long time, so that
nothing follows before its rollout is paused. A StatefulSet has a partition for it. What stood there
before is kept on the object, so that whoever finds it in the middle can put it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    kept,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object

# The API server wants less than the deadline for progress.
SLOW_S = 3600
DEADLINE_S = 600


def begin(workload: Mapping[str, Any], release: str) -> Object:
    """The part of a patch that holds it at one pod. `release` is the one that is left."""
    spec, before = workload["spec"], {"release": release}
    cause = (workload["metadata"].get("annotations") or {}).get(releases.CAUSE)
    if workload["kind"] == "StatefulSet":
        mine = {**before, "updateStrategy": spec.get("updateStrategy"), "cause": cause}
        held: Object = {"updateStrategy": partition(spec["replicas"] - 1)}
    else:
        known = {"strategy": spec.get("strategy"), "minReadySeconds": spec.get("minReadySeconds")}
        mine = {**before, **known, "cause": cause}
        held = {"minReadySeconds": slow(spec), **one_by_one(spec)}
    metadata = kept.patch_of({**kept.of(workload), kept.DEPLOYMENT: mine})
    # It told why the release before was deployed.
    metadata["annotations"].update({releases.CAUSE: None} if cause else {})
    return {"metadata": metadata, "spec": held}


def slow(spec: Mapping[str, Any]) -> int:
    deadline = int(spec.get("progressDeadlineSeconds") or DEADLINE_S)
    return max(int(spec.get("minReadySeconds") or 0), min(SLOW_S, deadline - 1))


def one_by_one(spec: Mapping[str, Any]) -> Object:
    """One more, and none fewer; one fewer where there must not be one more."""
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return {}
    more = 1 if surges(spec) else 0
    rolling = {"maxSurge": more, "maxUnavailable": 1 - more}
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}


def surges(spec: Mapping[str, Any]) -> bool:
    """Whether a change of it may make a pod more than there should be."""
    strategy = spec.get("strategy") or {}
    more = (strategy.get("rollingUpdate") or {}).get("maxSurge", "25%")
    return strategy.get("type") != "Recreate" and str(more).rstrip("%") != "0"


def partition(above: int) -> Object:
    return {"type": "RollingUpdate", "rollingUpdate": {"partition": above}}


def end(workload: Mapping[str, Any]) -> Object:
    """The part of a patch that puts back what begin() changed; nothing when there is nothing."""
    mine = kept.deployment(workload)
    if not mine:
        return {}
    rest = {key: value for key, value in kept.of(workload).items() if key != kept.DEPLOYMENT}
    if workload["kind"] == "StatefulSet":
        rolling = (mine.get("updateStrategy") or {}).get("rollingUpdate") or {}
        spec: Object = {"updateStrategy": partition(rolling.get("partition") or 0)}
    else:
        spec = {"paused": None, "minReadySeconds": mine.get("minReadySeconds") or None}
        if (mine.get("strategy") or {}).get("type") == "RollingUpdate":
            spec["strategy"] = mine["strategy"]
    return {"metadata": kept.patch_of(rest), "spec": spec}
