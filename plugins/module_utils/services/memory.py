# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More memory for a service that is killed for want of it; only approved, and only what its host has."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms

ACTION = "raise_memory_limit"
MIB = 2**20
# Of what the host has left; the rest is for everything else on it.
SHARE_PERCENT = 80
MEMORY = Input(
    "memory_mib",
    None,
    16,
    1048576,
    "MiB",
    "target of the approved raise of the memory limit of each instance; default: half as much again",
)


def raise_limit(situation: Situation, found: Finding) -> Entry | None:
    """None where no limit is known that could have been the cause."""
    now = symptoms.workload(situation).get("limits", {}).get("memory_bytes")
    if not now:
        return None
    wanted = (situation.inputs["memory_mib"] or now * 3 // 2 // MIB) * MIB
    summary = (
        f"raise the memory limit of {situation.service} from {now // MIB} to {wanted // MIB} MiB"
    )
    why, status = refusal(situation, now, wanted), "refused"
    if not why:
        status = "planned" if situation.approved(ACTION) or again(situation) else "not_needed"
        if status == "not_needed":
            why = f"a restart is tried first; to raise it at once: -e approve={ACTION}"
    return propose(
        ACTION,
        situation.service,
        found,
        summary,
        status,
        why,
        {"limits": {"memory_bytes": wanted}},
        {"memory_bytes": now},
        {
            "how": {
                "action": ACTION,
                "parameters": {"limits": {"memory_bytes": None}},
                "summary": f"the deployed memory limit of {situation.service} counts again",
            }
        },
    )


def again(situation: Situation) -> bool:
    """It was restarted lately, and is killed once more."""
    return any(c["action"] == "restart_service" for c in symptoms.history(situation))


def refusal(situation: Situation, now: int, wanted: int) -> str:
    return symptoms.first(
        symptoms.forbidden(situation),
        symptoms.owned(situation),
        symptoms.obstacle(situation, "set_limits"),
        lower(now, wanted),
        headroom(situation, wanted - now),
    )


def lower(now: int, wanted: int) -> str:
    if wanted > now:
        return ""
    return f"the limit is {now // MIB} MiB already; give a higher one, as -e memory_mib={now * 3 // 2 // MIB}"


def headroom(situation: Situation, more: int) -> str:
    available = (situation.readings.get("memory") or {}).get("available_bytes")
    if available is None:
        return "nobody tells how much memory its host has left; raise it where it is deployed"
    instances = max(1, len(symptoms.workload(situation)["instances"]))
    left = available * SHARE_PERCENT // 100
    if more * instances <= left:
        return ""
    return (
        f"{instances} instances would take {more * instances // MIB} MiB more; its host can give {left // MIB} MiB; "
        "give a smaller one, as -e memory_mib=NUMBER, or more memory"
    )
