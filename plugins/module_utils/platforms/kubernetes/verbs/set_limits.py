# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of the one container. What was deployed is kept on the pod template: null puts it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    containers,
    kept,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.quantities import (
    amount,
    cpus,
    memory,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Refused,
    Wanted,
    workload,
)

NAMES = {"memory_bytes": "memory", "cpus": "cpu"}


def edits(seen: Observed, wanted: Wanted) -> list[Edit]:
    template = containers.template_of(seen.workload)
    name = containers.chosen(template, seen.section)
    resources = containers.container(template, name).get("resources") or {}
    present = resources.get("limits") or {}
    memory_of = kept.of(template)
    mine = dict((memory_of.get("limits") or {}).get(name) or {})
    patch: dict[str, str | None] = {}
    for given, value in wanted.limits.items():
        resource = NAMES[given]
        if value is None:
            put_back(resource, present.get(resource), mine, patch)
        else:
            text = memory(int(value)) if resource == "memory" else cpus(float(value))
            refuse_below_request(resource, text, resources)
            put(resource, text, present.get(resource), mine, patch)
    if not patch and mine == ((memory_of.get("limits") or {}).get(name) or {}):
        return []
    change = {"resources": {"limits": patch}}
    return [workload(seen, kept.template_patch(memory_of, "limits", name, mine, change))]


def put(
    resource: str,
    text: str,
    present: str | None,
    mine: dict[str, Any],
    patch: dict[str, str | None],
) -> None:
    if present is not None and amount(present) == amount(text):
        return
    deployed = mine[resource]["deployed"] if resource in mine else present
    mine[resource] = {"deployed": deployed, "set": text}
    patch[resource] = text


def put_back(
    resource: str, present: str | None, mine: dict[str, Any], patch: dict[str, str | None]
) -> None:
    """What somebody deployed since then is theirs, and stays."""
    if resource not in mine:
        return
    before = mine.pop(resource)
    if present is not None and amount(present) == amount(before["set"]):
        patch[resource] = before["deployed"]


def refuse_below_request(resource: str, text: str, resources: Mapping[str, Any]) -> None:
    request = (resources.get("requests") or {}).get(resource)
    if request is not None and amount(text) < amount(request):
        raise Refused(f"its pods request {request} of {resource}: a limit of {text} is below that")
