# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a verb cannot be done, whatever it is asked for: judged when read, and again when done."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    caution,
    containers,
    kept,
    owners,
    pods,
    quotas,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)

Test = Callable[[Observed], str]


def denied(seen: Observed) -> str:
    refused = [one for one in seen.denied if "horizontalpodautoscalers" not in one]
    return f"forbidden: these credentials may not {refused[0]}" if refused else ""


def kept_by_git(seen: Observed) -> str:
    """Whoever switched its self-healing off for the incident says so in the catalog."""
    found = owners.gitops(seen.workload)
    if not found or seen.section.get("gitops") == "override":
        return ""
    return (
        f"{found} keeps it as Git says and would take the change back; change it there, or switch its "
        "self-healing off and say so in the catalog, as kubernetes: {gitops: override}"
    )


def made_by_operator(seen: Observed) -> str:
    found = owners.operator(seen.workload)
    return f"{found} makes it and would take the change back; change it there" if found else ""


def paused(seen: Observed) -> str:
    if not seen.workload["spec"].get("paused") or kept.deployment(seen.workload):
        return ""
    return "its rollout is paused by somebody; to go on: kubectl rollout resume"


def deployment_cut_off(seen: Observed) -> str:
    if not kept.deployment(seen.workload):
        return ""
    return (
        "a runbook deploys it, or was cut off while it did, and only its first pod is new; "
        "if no runbook runs, revert takes that back"
    )


def on_delete(seen: Observed) -> str:
    strategy = seen.workload["spec"].get("updateStrategy") or {}
    if strategy.get("type") != "OnDelete":
        return ""
    return "its update strategy is OnDelete: its pods take a change only when somebody deletes them"


def no_container(seen: Observed) -> str:
    template = containers.template_of(seen.workload)
    if containers.chosen(template, seen.section):
        return ""
    return containers.why_none(template, seen.section)


def no_earlier_release(seen: Observed) -> str:
    if len(seen.revisions) > 1:
        return ""
    limit = seen.workload["spec"].get("revisionHistoryLimit")
    return f"there is no earlier release to go back to (revisionHistoryLimit is {limit})"


def no_way_back(seen: Observed) -> str:
    if seen.workload["spec"].get("revisionHistoryLimit") != 0:
        return ""
    return "it keeps no earlier release (revisionHistoryLimit is 0), so that there would be no way back"


def no_pods(seen: Observed) -> str:
    if seen.workload["spec"]["replicas"]:
        return ""
    return "it has no pods, because its replicas are 0: none can be tried; start it"


def all_at_once(seen: Observed) -> str:
    """With one pod the strategy does not matter: there is no other that could wait."""
    spec = seen.workload["spec"]
    if (spec.get("strategy") or {}).get("type") != "Recreate" or spec["replicas"] <= 1:
        return ""
    return "its strategy is Recreate: all of its pods change at once, and none can be tried first"


def partitioned(seen: Observed) -> str:
    rolling = (seen.workload["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    if not rolling.get("partition"):
        return ""
    return f"somebody holds back its pods below number {rolling['partition']} (partition): end that first"


def deployed_now(seen: Observed) -> str:
    """Somebody's rollout that has not come to its end; pods that are merely ill are none."""
    new = releases.current(seen.workload, seen.revisions)
    there = [pod for pod in seen.pods if not pods.is_over(pod)]
    if releases.settled(seen.workload) and all(releases.of_pod(pod) == new for pod in there):
        return ""
    return (
        "a rollout of it is under way or stuck: its pods are of several releases "
        "(bad_deployment goes back from one that is stuck)"
    )


def no_room(seen: Observed) -> str:
    spec = seen.workload["spec"]
    more = 1 if seen.workload["kind"] == "Deployment" and caution.surges(spec) else 0
    return quotas.exceeded(seen, more)


def budget_spent_by_one(seen: Observed) -> str:
    spec = seen.workload["spec"]
    if seen.workload["kind"] == "Deployment" and caution.surges(spec):
        return ""
    return spent(seen)


def autoscaler_unknown(seen: Observed) -> str:
    if "horizontalpodautoscalers" in seen.unread:
        return (
            "forbidden: these credentials may not list horizontalpodautoscalers.autoscaling in namespace "
            f"{seen.section['namespace']}, so whether one sets the number is not known"
        )
    refused = [one for one in seen.denied if "horizontalpodautoscalers" in one]
    return f"forbidden: these credentials may not {refused[0]}" if refused else ""


def budget_spent(seen: Observed) -> str:
    """A rolling change of a Deployment may cost no pod; then a budget does not matter."""
    return spent(seen) if taken_down(seen.workload) else ""


def spent(seen: Observed) -> str:
    for budget in seen.budgets:
        status = budget.get("status") or {}
        healthy, needed = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
        if status.get("disruptionsAllowed", 0) < 1 and healthy > 0:
            name = budget["metadata"]["name"]
            return f"the PodDisruptionBudget {name} lets no pod go now ({healthy} healthy, {needed} needed)"
    return ""


def taken_down(workload: Mapping[str, Any]) -> int:
    """How many healthy pods a change of the template takes away at a time."""
    spec = workload["spec"]
    if workload["kind"] == "StatefulSet":
        return 1
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return int(spec["replicas"])
    rolling = strategy.get("rollingUpdate") or {}
    fewer = part(rolling.get("maxUnavailable", "25%"), spec["replicas"], math.floor)
    more = part(rolling.get("maxSurge", "25%"), spec["replicas"], math.ceil)
    return fewer if fewer or more else 1


def part(value: int | str, whole: int, rounded: Callable[[float], int]) -> int:
    if isinstance(value, int):
        return value
    return rounded(int(value.rstrip("%")) * whole / 100)


TEMPLATE: tuple[Test, ...] = (denied, made_by_operator, paused, deployment_cut_off, on_delete)
NUMBER: tuple[Test, ...] = (denied, made_by_operator, kept_by_git)
BY_VERB: dict[str, tuple[Test, ...]] = {
    "start": NUMBER,
    "stop": NUMBER,
    # A restart changes nothing that Git declares.
    "restart": (*TEMPLATE, budget_spent),
    # Out of a deployment of ours, too.
    "rollback": (denied, made_by_operator, paused, on_delete, kept_by_git, no_earlier_release),
    "deploy": (
        *(*TEMPLATE, kept_by_git, no_container, no_pods, no_way_back),
        *(all_at_once, partitioned, deployed_now, no_room, budget_spent_by_one),
    ),
    "scale": (*NUMBER, autoscaler_unknown),
    "set_env": (*TEMPLATE, kept_by_git, no_container, budget_spent),
    "set_limits": (*TEMPLATE, kept_by_git, no_container, budget_spent),
    "logs": (),
}
# Steps within a verb: what stands against the verb was judged when it began.
WITHIN: dict[str, tuple[Test, ...]] = {"deploy_hold": (denied,), "deploy_rest": (denied,)}
# What may be over in a moment.
PASSING = (budget_spent, budget_spent_by_one)


def of(verb: str, seen: Observed) -> tuple[str, bool]:
    """Why not, and whether it may be over in a moment."""
    if seen.workload is None:
        section = seen.section
        return f"there is no {section['workload']} {section['name']}", False
    for test in {**BY_VERB, **WITHIN}[verb]:
        if why := test(seen):
            return why, test in PASSING
    return "", False


def all_of(seen: Observed) -> dict[str, str]:
    found = {verb: of(verb, seen)[0] for verb in BY_VERB}
    return {verb: why for verb, why in found.items() if why}
