# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables of the one container. What was deployed is kept on the pod template, so that it goes
with the release: null puts it back, also a reference to a Secret."""

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
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Wanted,
    workload,
)

Item = Mapping[str, Any]


def edits(seen: Observed, wanted: Wanted) -> list[Edit]:
    template = containers.template_of(seen.workload)
    name = containers.chosen(template, seen.section)
    listed = containers.container(template, name).get("env") or ()
    present = {item["name"]: item for item in listed}
    memory = kept.of(template)
    mine = dict((memory.get("env") or {}).get(name) or {})
    patches: list[Item] = []
    for variable, value in wanted.environment.items():
        if value is None:
            patches += put_back(variable, present.get(variable), mine)
        else:
            patches += put(variable, str(value), present.get(variable), mine)
    if not patches and mine == ((memory.get("env") or {}).get(name) or {}):
        return []
    return [workload(seen, kept.template_patch(memory, "env", name, mine, {"env": patches}))]


def put(variable: str, value: str, present: Item | None, mine: dict[str, Any]) -> list[Item]:
    if present is not None and present.get("value") == value:
        return []
    deployed = mine[variable]["deployed"] if variable in mine else rest(present)
    mine[variable] = {"deployed": deployed, "set": value}
    return [{"name": variable, "value": value, "valueFrom": None}]


def put_back(variable: str, present: Item | None, mine: dict[str, Any]) -> list[Item]:
    """What somebody deployed since then is theirs, and stays."""
    if variable not in mine:
        return []
    before = mine.pop(variable)
    if present is None or present.get("value") != before["set"]:
        return []
    if before["deployed"] is None:
        return [{"name": variable, "$patch": "delete"}]
    return [{"name": variable, "value": None, "valueFrom": None, **before["deployed"]}]


def rest(present: Item | None) -> Item | None:
    if present is None:
        return None
    return {key: value for key, value in present.items() if key != "name"}
