# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a scenario proposes, held against risk and approvals."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import decision, scenarios
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Situation,
    decide,
    propose,
)

ACTIONS = {
    "look": Action("containment", "read"),
    "end": Action("containment", "safe"),
    "restart": Action("recovery", "disruptive"),
    "promote": Action("recovery", "destructive"),
}
FOUND = {"check": "some_check", "reason": "some_reason", "severity": "crit"}
SCENARIOS = sorted(
    path.stem
    for path in Path(scenarios.__file__).parent.glob("*.py")
    if "KIND = " in path.read_text()
)
FIELDS = {
    "phase", "action", "service", "risk", "because", "status", "summary", "why", "approve_with",
    "parameters", "before", "undo",
    "expires_minutes",
}  # fmt: skip


def judged(action: str, up_to: str = "safe", approvals: tuple[str, ...] = (), **more: Any) -> Any:
    (entry,) = decide(
        [propose(action, "db", FOUND, "do it", **more)],
        ACTIONS,
        up_to,
        lambda name: name in approvals,
    )
    assert set(entry) == FIELDS
    return entry


@pytest.mark.parametrize(
    ("action", "up_to", "approvals", "status"),
    [
        ("look", "read", (), "planned"),
        ("look", "safe", (), "planned"),
        ("look", "disruptive", (), "planned"),
        ("end", "read", (), "needs_approval"),
        ("end", "read", ("end",), "planned"),
        ("end", "safe", (), "planned"),
        ("end", "disruptive", (), "planned"),
        ("restart", "read", (), "needs_approval"),
        ("restart", "safe", (), "needs_approval"),
        ("restart", "safe", ("end",), "needs_approval"),
        ("restart", "safe", ("restart",), "planned"),
        ("restart", "disruptive", (), "planned"),
        ("promote", "read", (), "needs_approval"),
        ("promote", "safe", (), "needs_approval"),
        ("promote", "disruptive", (), "needs_approval"),
        ("promote", "disruptive", ("restart", "end"), "needs_approval"),
        ("promote", "disruptive", ("promote",), "planned"),
        ("promote", "read", ("promote",), "planned"),
        # never implied, whatever stands in the inventory
        ("promote", "destructive", (), "needs_approval"),
    ],
)
def test_risk(action: str, up_to: str, approvals: tuple[str, ...], status: str) -> None:
    entry = judged(action, up_to, approvals)
    assert entry["status"] == status
    assert (entry["approve_with"] is not None) is (status == "needs_approval")
    assert (entry["phase"], entry["risk"]) == (ACTIONS[action].phase, ACTIONS[action].risk)


@pytest.mark.parametrize(
    ("action", "approve_with"),
    [("end", "approve=end"), ("restart", "approve=restart"), ("promote", "approve=promote@db")],
)
def test_what_would_approve_it(action: str, approve_with: str) -> None:
    assert judged(action, "read")["approve_with"] == approve_with


@pytest.mark.parametrize("status", ["refused", "not_needed"])
@pytest.mark.parametrize("action", list(ACTIONS))
def test_no_approval_lets_through_what_the_scenario_refuses(action: str, status: str) -> None:
    entry = judged(action, "disruptive", (action,), status=status, why="because")
    assert (entry["status"], entry["why"], entry["approve_with"]) == (status, "because", None)


@pytest.mark.parametrize(
    ("action", "approvals", "why"),
    [
        ("end", (), "safe changes need no approval here"),
        ("restart", ("restart",), "approved by name"),
        ("restart", (), "it is disruptive, and nobody approved it"),
    ],
)
def test_every_status_has_a_reason(action: str, approvals: tuple[str, ...], why: str) -> None:
    assert judged(action, "safe", approvals)["why"] == why


def test_the_reason_of_the_scenario_is_kept() -> None:
    assert judged("end", why="only 3 may be ended")["why"] == "only 3 may be ended"


def test_what_needs_approval_says_so_also_where_the_scenario_has_a_reason() -> None:
    why = judged("restart", why="only 3 may be ended")["why"]
    assert "nobody approved it" in why and "only 3 may be ended" in why


def test_propose() -> None:
    entry = propose("end", "db", {**FOUND, "value": 1}, "do it", parameters={"a": 1})
    assert entry["because"] == {"check": "some_check", "reason": "some_reason"}
    assert entry["status"] == "planned"
    assert entry["parameters"] == {"a": 1}
    assert entry["undo"] == {"none": "nothing is changed"}


def test_decide_does_not_change_what_was_proposed() -> None:
    proposed = propose("restart", "db", FOUND, "do it")
    before = dict(proposed)
    decide([proposed], ACTIONS, "safe", lambda name: False)
    assert proposed == before


def test_entries_stay_in_order() -> None:
    proposed = [propose(action, "db", FOUND, action) for action in ("restart", "end", "promote")]
    entries = decide(proposed, ACTIONS, "safe", lambda name: False)
    assert [entry["action"] for entry in entries] == ["restart", "end", "promote"]


def test_an_action_that_the_scenario_does_not_name_is_our_own_mistake() -> None:
    with pytest.raises(KeyError):
        judged("drop")


HOOKS = {
    "plan": ["situation"],
    "proof": ["findings"],
    "contradictions": ["values"],
    "coming_back": ["findings"],
    "against_catalog": ["values", "service", "entry"],
    "others": ["service", "entry_of"],
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_function_of_a_scenario_that_is_called_as_a_hook_is_one(name: str) -> None:
    """Its file may have any others; of these names it is called from outside."""
    rules = decision.scenario(name)
    for hook, parameters in HOOKS.items():
        found = getattr(rules, hook, None)
        if callable(found):
            assert [one.lstrip("_") for one in inspect.signature(found).parameters] == parameters


@pytest.mark.parametrize("name", ["", "../os", "os.path", "Revert", "re-vert", "_x", "revert\n"])
def test_what_is_no_name_of_a_scenario(name: str) -> None:
    with pytest.raises(ValueError, match="is no scenario's name"):
        decision.scenario(name)


@pytest.mark.parametrize(
    ("check", "reason"), [("a", "first"), ("b", "other"), ("c", None), ("", None)]
)
def test_the_finding_of_a_check(check: str, reason: str | None) -> None:
    findings = [
        {"check": "a", "reason": "first"},
        {"check": "a", "reason": "second"},
        {"check": "b", "reason": "other"},
    ]
    situation = Situation("db", {}, findings, {}, {}, lambda name: False)
    found = situation.finding(check)
    assert (found and found["reason"]) == reason
