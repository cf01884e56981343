# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a verb cannot be done, whatever it is asked for: judged when read, and again when done."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    containers,
    owners,
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
    if not seen.workload["spec"].get("paused"):
        return ""
    return "its rollout is paused by somebody; to go on: kubectl rollout resume"


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


TEMPLATE: tuple[Test, ...] = (denied, made_by_operator, paused, on_delete)
NUMBER: tuple[Test, ...] = (denied, made_by_operator, kept_by_git)
BY_VERB: dict[str, tuple[Test, ...]] = {
    "start": NUMBER,
    "stop": NUMBER,
    # A restart changes nothing that Git declares.
    "restart": (*TEMPLATE, budget_spent),
    "rollback": (*TEMPLATE, kept_by_git, no_earlier_release),
    "scale": (*NUMBER, autoscaler_unknown),
    "set_env": (*TEMPLATE, kept_by_git, no_container, budget_spent),
    "set_limits": (*TEMPLATE, kept_by_git, no_container, budget_spent),
    "logs": (),
}
# What may be over in a moment.
PASSING = (budget_spent,)


def of(verb: str, seen: Observed) -> tuple[str, bool]:
    """Why not, and whether it may be over in a moment."""
    if seen.workload is None:
        section = seen.section
        return f"there is no {section['workload']} {section['name']}", False
    for test in BY_VERB[verb]:
        if why := test(seen):
            return why, test in PASSING
    return "", False


def all_of(seen: Observed) -> dict[str, str]:
    found = {verb: of(verb, seen)[0] for verb in BY_VERB}
    return {verb: why for verb, why in found.items() if why}
