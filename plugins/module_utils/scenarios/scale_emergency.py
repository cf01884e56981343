# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service gets more instances, or fewer, for a time.

Within the catalog's bounds, where nobody else sets their number, and never so many that their
connections are more than the database has left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import number
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    symptoms,
    variables,
)

KIND = ""
GOAL = "request"
POOL = Input(
    "pool_per_instance",
    None,
    1,
    1000,
    "connections",
    "how many connections each instance may hold to its database",
)
INPUTS = (
    Input("replicas", None, 1, 1000, "instances", "how many there should be"),
    POOL,
    variables.expiry(60),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("scale_service")
# Of the slots an application can use; above it db_connection_exhausted warns.
BUDGET_PERCENT = 80


def contradictions(values: Mapping[str, Any]) -> None:
    if values["replicas"] is None:
        raise InputError(
            "replicas: not given; allowed is a whole number from 1 to 1000 (instances); for example -e replicas=3"
        )


def plan(situation: Situation) -> list[Entry]:
    found = situation.finding("replicas")
    if found is None or found["reason"] != "not_at_target":
        return []
    now, wanted = number(symptoms.workload(situation)), situation.inputs["replicas"]
    why = symptoms.first(
        symptoms.held(situation),
        symptoms.unreadable(situation),
        owned(situation),
        symptoms.obstacle(situation, "scale"),
        bounds(situation, wanted),
        budget(situation, wanted - (now or 0)),
    )
    return [proposal(situation, found, now, wanted, why)]


def proposal(situation: Situation, found: Finding, now: int | None, wanted: int, why: str) -> Entry:
    undo = {
        "how": {
            "action": "scale_service",
            "parameters": {"replicas": now},
            "summary": f"scale {situation.service} to {now} again",
        }
    }
    return propose(
        "scale_service",
        situation.service,
        found,
        f"scale {situation.service} from {now} to {wanted}",
        "refused" if why else "planned",
        why,
        {"replicas": wanted},
        {"desired": now},
        undo,
        situation.inputs["expires_minutes"],
    )


def proof(findings: list[Finding]) -> list[Finding]:
    return symptoms.proof(findings) + [f for f in findings if f["check"] == "replicas"]


def owned(situation: Situation) -> str:
    hpa = symptoms.workload(situation).get("owners", {}).get("hpa")
    if not hpa:
        return symptoms.owned(situation)
    return (
        f"an autoscaler sets the number, from {hpa.get('min')} to {hpa.get('max')} (hpa_managed), and would set it "
        "again; change its bounds where it is deployed"
    )


def bounds(situation: Situation, wanted: int) -> str:
    given = situation.catalog.get("replicas") or {}
    low, high = given.get("min"), given.get("max")
    path = f"runbooks_services.{situation.service}.replicas"
    if low is None or high is None:
        return f"the catalog sets no bounds for it; for example {path}: {{min: 1, max: 4}}"
    if not low <= wanted <= high:
        return f"{wanted} is outside of {low} to {high}, the bounds of the catalog ({path})"
    return ""


def budget(situation: Situation, more: int) -> str:
    """Each instance brings its pool; a full database helps nobody."""
    pool = situation.inputs["pool_per_instance"]
    if more <= 0:
        return ""
    states = (situation.readings.get("dependencies") or {}).get("states", {})
    for name, hosts in states.items():
        for slots in (host.get("slots") for host in hosts):
            if not slots:
                continue
            if pool is None:
                return (
                    f"it uses the database {name}, and nobody says how many connections an instance takes; "
                    f"for example runbooks_services.{situation.service}.limits: {{pool_per_instance: 10}}"
                )
            left = slots["application_slots"] * BUDGET_PERCENT // 100 - slots["used"]
            if more * pool > left:
                return (
                    f"{more} more with {pool} connections each need {more * pool}, and {name} has {max(0, left)} left "
                    f"under {BUDGET_PERCENT} % of its {slots['application_slots']} slots"
                )
    return ""
