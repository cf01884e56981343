# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deleted file that is still open holds its space: who gives it back, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.disk_space import holder
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.room import Need
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size
from ansible_collections.oncall.runbooks.plugins.module_utils.services import restarts, symptoms


def freeing(
    situation: Situation, filesystem: Mapping[str, Any], wanted: Need
) -> tuple[int, list[Entry]]:
    """How much would come back by itself, and the restarts that would bring it."""
    findings = [
        one
        for one in situation.findings
        if one["reason"] == "space_held_by_pid"
        and f" of {filesystem['mount']} are " in one["summary"]
    ]
    if not wanted.bytes or not findings:
        return 0, []
    told = {one["summary"]: one for one in findings}
    holders = [one for one in situation.readings["disk"]["held"] if holder(one) in told]
    entries: dict[bool, Entry] = {}
    for one in holders:
        own = is_own(situation, one)
        entries.setdefault(own, restart(situation, told[holder(one)], one, own))
    return sum(one["bytes"] for one in holders), list(entries.values())


def restart(situation: Situation, found: Finding, one: Mapping[str, Any], own: bool) -> Entry:
    if own:
        entry = {**restarts.restart(situation, found), "action": "restart_holder"}
        entry["why"] = entry["why"] or f"pid {one['pid']} of it holds {size(one['bytes'])}"
        return entry
    command = (
        f"systemctl restart {one['unit']}"
        if one["unit"]
        else f"docker restart {(one['container'] or '')[:12]}"
    )
    how = (
        command
        if one["unit"] or one["container"]
        else f"end pid {one['pid']} ({one['command']}) in an orderly way"
    )
    why = (
        f"{found['summary']}; it is not known to be this service; by hand: {how}. "
        "Nothing is deleted to make up for it"
    )
    summary = f"have pid {one['pid']} give back {size(one['bytes'])}"
    return propose("restart_holder", situation.service, found, summary, "refused", why)


def is_own(situation: Situation, one: Mapping[str, Any]) -> bool:
    """By its unit or its container; of a service that is run by commands nobody can tell."""
    reading = symptoms.workload(situation)
    if one["container"]:
        keys = [str(each.get("key") or "") for each in reading.get("instances", ())]
        return any(key and one["container"].startswith(key) for key in keys)
    if not one["unit"] or reading.get("platform") != "systemd":
        return False
    return one["unit"] in [str(each["name"]) for each in reading.get("instances", ())]
