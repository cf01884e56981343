# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deleted file that is still open holds its space: who gives it back, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.disk_space import (
    holder,
    holders,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.room import Need
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size
from ansible_collections.oncall.runbooks.plugins.module_utils.services import restarts, symptoms

ACTION = "restart_holder"


def freeing(
    situation: Situation, filesystem: Mapping[str, Any], wanted: Need
) -> tuple[int, list[Entry]]:
    """How much would come back by itself, and the restarts that would bring it."""
    reading, found = situation.readings["disk"], reason(situation)
    if not wanted.bytes or not found:
        return 0, []
    blamed = holders(reading, filesystem, situation.inputs["warn_percent"])
    own = [one for one in blamed if is_own(situation, one)]
    entries = [restart_own(situation, found, own)] if own else []
    entries += [restart_other(situation, found, one) for one in blamed if one not in own]
    return sum(one["bytes"] for one in blamed), entries


def reason(situation: Situation) -> Finding | None:
    return next((one for one in situation.findings if one["reason"] == "space_held_by_pid"), None)


def restart_own(situation: Situation, found: Finding, own: list[Mapping[str, Any]]) -> Entry:
    entry = {**restarts.restart(situation, found), "action": ACTION}
    entry["why"] = entry["why"] or f"{holder(own[0])}, which is this service's"
    return entry


def restart_other(situation: Situation, found: Finding, one: Mapping[str, Any]) -> Entry:
    how = f"end pid {one['pid']} ({one['command']}) in an orderly way"
    if one["unit"]:
        how = f"systemctl restart {one['unit']}"
    elif one["container"]:
        how = f"docker restart {one['container'][:12]}"
    why = (
        f"{holder(one)}; it is not known to be this service; by hand: {how}. "
        "Nothing is deleted to make up for it"
    )
    summary = f"have pid {one['pid']} give back {size(one['bytes'])}"
    return propose(ACTION, situation.service, found, summary, "refused", why)


def is_own(situation: Situation, one: Mapping[str, Any]) -> bool:
    """By its unit or its container; of a service that is run by commands nobody can tell."""
    reading = symptoms.workload(situation)
    if one["container"]:
        keys = [str(each.get("key") or "") for each in reading.get("instances", ())]
        return any(key and one["container"].startswith(key) for key in keys)
    if not one["unit"] or reading.get("platform") != "systemd":
        return False
    return one["unit"] in [str(each["name"]) for each in reading.get("instances", ())]
