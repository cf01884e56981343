# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a node that is no use to one that is, by the variable that the service reads; for a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import thresholds
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import verdicts

ACTION = "switch_rpc"
# It makes the service's instances anew, one after the other.
RULE = Action("recovery", "safe")


def switch(situation: Situation, found: Finding) -> Entry:
    reading = situation.readings["chain"]
    told, now = reading["nodes"], reading["in_use"] or 0
    chosen = next((n for n in serving(told, situation.inputs) if n != now), None)
    name = "none" if chosen is None else told[chosen]["endpoint"]
    why = symptoms.first(
        "" if chosen is not None else f"none of the other {len(told) - 1} nodes serves; mend one of them",
        unset(situation), again(situation), symptoms.in_maintenance(situation), symptoms.held(situation),
        symptoms.unreadable(situation), symptoms.owned(situation), symptoms.obstacle(situation, "set_env"),
    )  # fmt: skip
    undo = {
        "how": {
            "action": ACTION,
            "parameters": {"endpoint": None},
            "summary": f"let {situation.service} use the node that is deployed",
        }
    }
    return propose(
        ACTION, situation.service, found,
        f"let {situation.service} use node {(chosen or 0) + 1} of {len(told)} ({name}), which makes it anew",
        "refused" if why else "planned", why, {"endpoint": chosen}, {"endpoint": reading["in_use"]}, undo,
        situation.inputs["expires_minutes"],
    )  # fmt: skip


def serving(told: Sequence[Mapping[str, Any]], inputs: Mapping[str, Any]) -> list[int]:
    warn, fail = thresholds.limits(inputs)
    verdict = [verdicts.node(one, warn, fail, thresholds.behind(inputs)) for one in told]
    return [number for number, one in enumerate(verdict) if one.severity == "ok"]


def unset(situation: Situation) -> str:
    if situation.catalog.get("rpc"):
        return ""
    return (
        "it is the node itself: fail over where it is used, "
        "ansible-playbook playbooks/rpc_outage.yml -e service=NAME, of a service with an rpc entry"
    )


def again(situation: Situation) -> str:
    """Where the setting cannot be read back, our own record of it counts."""
    if situation.readings["chain"]["in_use"] is not None:
        return ""
    for change in (situation.readings.get("history") or {}).get("open", ()):
        if change["action"] == ACTION and change["status"] != "failed":
            return f"it was switched by incident {change['incident']} until {change['expires_at']}: revert that first"
    return ""
