# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From findings to a plan: what a scenario proposes, held against risk and approvals."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import RISKS, Spec

Finding = dict[str, Any]
Entry = dict[str, Any]
SCENARIOS = "ansible_collections.oncall.runbooks.plugins.module_utils.scenarios"


@dataclass(frozen=True)
class Action:
    phase: str  # the role that carries it out
    risk: str


@dataclass(frozen=True)
class Situation:
    """All that a scenario may decide from."""

    service: str
    catalog: Mapping[str, Any]  # the service's entry, without credentials
    findings: Sequence[Finding]
    readings: Mapping[str, Any]
    inputs: Mapping[str, Any]
    # Of an action; and, for what is done to another service than its own, of that target.
    approved: Callable[..., bool]
    journal: Sequence[Mapping[str, Any]] = ()
    # In check mode, the other services of this run that a real one would have brought back by now.
    promised: Sequence[str] = ()

    def finding(self, check: str) -> Finding | None:
        return next((finding for finding in self.findings if finding["check"] == check), None)


class Scenario(Protocol):
    """Its file may also have proof(findings): those that must be ok before a change counts as verified.
    Without it, those of the checks that justified the changes. And contradictions(values), which
    refuses values that exclude each other, where its variables can; against_catalog(values, service,
    entry), which refuses those that the service's entry excludes; PROBE_OPTIONS, what it wants of a probe
    beside what that always reads; coming_back(findings), whether to wait before it decides;
    estimate(findings), the seconds that what is waited for still takes, which is held against what it took; and
    others(service, entry_of), the further services of the catalog that it reads, and may act on.
    HOST_MAY_BE_GONE says that it goes on when the machine that keeps the lock does not answer."""

    KIND: str
    INPUTS: tuple[Spec, ...]
    ACTIONS: dict[str, Action]

    def plan(self, situation: Situation) -> list[Entry]: ...


def scenario(name: str) -> Scenario:
    """The scenario's own file; its name is the playbook's."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"'{name}' is no scenario's name")
    return cast(Scenario, importlib.import_module(f"{SCENARIOS}.{name}"))


def goal(name: str) -> str:
    """What a scenario is for, which its outcome is called after: `recovery` of what failed; a
    `request` that somebody made; `work` that is done when nothing of it is missing; a `proof`,
    which must have seen everything."""
    return str(getattr(scenario(name), "GOAL", "recovery"))


def estimate(name: str, findings: Sequence[Finding]) -> float | None:
    """How many seconds it still takes, as far as the scenario can tell."""
    foretold = getattr(scenario(name), "estimate", None)
    return None if foretold is None else foretold(findings)


def probe_options(name: str, probe: str) -> Mapping[str, Any]:
    """What a scenario wants of a probe beside what it always reads: its PROBE_OPTIONS, by probe."""
    chosen: Mapping[str, Any] = getattr(scenario(name), "PROBE_OPTIONS", {}).get(probe, {})
    return chosen


def propose(
    action: str,
    service: str,
    because: Finding,
    summary: str,
    status: str = "planned",
    why: str = "",
    parameters: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    undo: Mapping[str, Any] | None = None,
    expires_minutes: int | None = None,
    target: str = "",
) -> Entry:
    """With a `target`, an approval names that instead of the service."""
    return {
        **({"target": target} if target else {}),
        "action": action,
        "service": service,
        "because": {"check": because["check"], "reason": because["reason"]},
        "status": status,
        "summary": summary,
        "why": why,
        "parameters": dict(parameters or {}),
        "before": dict(before or {}),
        "undo": dict(undo or {"none": "nothing is changed"}),
        # Counted from the moment of the change; it then has expires_at.
        "expires_minutes": expires_minutes,
    }


def decide(
    proposed: Iterable[Entry],
    actions: Mapping[str, Action],
    approve_up_to: str,
    approved: Callable[..., bool],
) -> list[Entry]:
    """Hold each proposal against the risk that needs no approval and the approvals given."""
    return [judged(entry, actions[entry["action"]], approve_up_to, approved) for entry in proposed]


def judged(
    entry: Entry, action: Action, approve_up_to: str, approved: Callable[..., bool]
) -> Entry:
    entry = {"phase": action.phase, **entry, "risk": action.risk, "approve_with": None}
    if entry["status"] != "planned":
        return entry
    name, other = entry["action"], entry.get("target")
    if action.risk != "destructive" and RISKS.index(action.risk) <= RISKS.index(approve_up_to):
        entry["why"] = entry["why"] or f"{action.risk} changes need no approval here"
    elif approved(name, other) if other else approved(name):
        entry["why"] = entry["why"] or "approved by name"
    else:
        target = f"@{other or entry['service']}" if action.risk == "destructive" else ""
        entry["status"] = "needs_approval"
        said = f"it is {action.risk}, and nobody approved it"
        entry["why"] = f"{entry['why']}; {said}" if entry["why"] else said
        entry["approve_with"] = f"approve={name}{target}"
    return entry
