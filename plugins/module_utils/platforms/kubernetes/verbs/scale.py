# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""So many pods. Where an autoscaler sets the number, its least number is raised instead, and what
it was is kept: asking for the number of before gives that back, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    kept,
    owners,
    quotas,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs import edit
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Refused,
    Wanted,
)


def edits(seen: Observed, wanted: Wanted) -> list[Edit]:
    there = seen.workload["spec"]["replicas"]
    before = kept.of(seen.autoscaler) if seen.autoscaler else {}
    if before and wanted.replicas == before.get("replicas"):
        return [*given_back(seen, before), *directly(seen, wanted.replicas)]
    if wanted.replicas == there:
        return []
    if why := quotas.exceeded(seen, wanted.replicas - there):
        raise Refused(why)
    # An autoscaler leaves a workload without pods alone.
    if seen.autoscaler is None or there == 0:
        return directly(seen, wanted.replicas)
    return [through_autoscaler(seen, wanted.replicas, before)]


def directly(seen: Observed, number: int) -> list[Edit]:
    if seen.workload["spec"]["replicas"] == number:
        return []
    body = {"metadata": kept.patch_of({}), "spec": {"replicas": number}}
    return [edit.workload(seen, body)]


def given_back(seen: Observed, before: Mapping[str, Any]) -> list[Edit]:
    body = {"metadata": kept.patch_of({}), "spec": {"minReplicas": before["min"]}}
    return [edit.autoscaler(seen, body)]


def through_autoscaler(seen: Observed, number: int, before: Mapping[str, Any]) -> Edit:
    name, bounds = seen.autoscaler["metadata"]["name"], owners.bounds(seen.autoscaler)
    there = seen.workload["spec"]["replicas"]
    if above := owners.outside(seen.autoscaler):
        raise Refused(f"the HorizontalPodAutoscaler {name} sets the number, and {above}")
    if number > bounds["max"]:
        raise Refused(f"the HorizontalPodAutoscaler {name} allows at most {bounds['max']}")
    if number < there:
        raise Refused(
            f"the HorizontalPodAutoscaler {name} decides how few there are "
            f"({there} now, at least {bounds['min']}, at most {bounds['max']})"
        )
    kept_now = before or {"min": bounds["min"], "replicas": there}
    body = {"metadata": kept.patch_of(kept_now), "spec": {"minReplicas": number}}
    return edit.autoscaler(seen, body)
