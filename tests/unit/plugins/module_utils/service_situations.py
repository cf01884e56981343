# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the runbooks about services share: a situation, written down in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import decision, grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    condition,
    instance,
    reading,
    release,
)

NOW = "2026-11-21T03:04:05.000000Z"
YOUNG, OLD = "2026-11-21T02:54:05.000000Z", "2026-11-01T00:00:00.000000Z"
UP = instance("api-1", "running", started_at=OLD)
CHECKS = ("workload", "health", "dependencies", "history", "release")
RELEASES = [release("r3", "3", YOUNG), release("r2", "2", OLD), release("r1", "1", OLD)]
Entry = dict[str, Any]


def workload(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"desired": 1, "releases": RELEASES, "current": "r3", **more}
    return reading("compose", "api", instances=instances or [UP], **given)


def crashing(reason: str = "crash_loop", **more: Any) -> dict[str, Any]:
    ended = instance("api-1", "restarting", exit_code=1)
    return workload(ended, conditions=[condition(reason, f"it is {reason}")], **more)


def health(reason: str = "ok", status: int | None = None) -> dict[str, Any]:
    return {
        "target": "http://api/health", "from": "controller", "reason": reason,
        "message": reason, "status": status, "seconds": 0.1,
    }  # fmt: skip


def dependencies(**states: str) -> dict[str, Any]:
    """Of each whether its process is running or stopped."""
    silent = {**health(), "target": None}
    read = {}
    for name, state in states.items():
        ran = reading("x", "x", instances=[instance(name, state)])
        read[name] = [{"workload": ran, "health": silent}]
    needs: dict[str, Sequence[str]] = {**{name: [] for name in states}, "api": list(states)}
    return {"service": "api", "needs": needs, "states": read}


def change(action: str, incident: str = "INC-1", **more: Any) -> dict[str, Any]:
    return {
        "incident": incident, "number": 1, "action": action, "at": YOUNG, "status": "made",
        "summary": "", "before": {}, "after": None, "expires_at": None, **more,
    }  # fmt: skip


def history(*changes: dict[str, Any], pending: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"now": NOW, "changes": list(changes), "open": list(pending)}


def planned(
    scenario: str,
    readings: Mapping[str, Any],
    *,
    kind: str = "http",
    approve_up_to: str = "disruptive",
    catalog: Mapping[str, Any] | None = None,
    checks: Sequence[str] = CHECKS,
    journal: Sequence[Mapping[str, Any]] = (),
    approvals: Sequence[str] = (),
    promised: Sequence[str] = (),
    **inputs: Any,
) -> list[Entry]:
    rules = decision.scenario(scenario)
    values = {spec.name: spec.default for spec in rules.INPUTS} | inputs
    complete = {
        "workload": workload(), "health": health(), "dependencies": dependencies(), "history": history(),
        **readings,
    }  # fmt: skip
    situation = Situation(
        "api",
        {"kind": kind, "platform": "compose", **(catalog or {})},
        grading.grade(checks, complete, values, "api"),
        complete,
        values,
        approvals.__contains__,
        journal,
        promised,
    )
    entries = rules.plan(situation)
    return decision.decide(entries, rules.ACTIONS, approve_up_to, approvals.__contains__)


def short(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(entry["action"], entry["status"]) for entry in entries]
