# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Outcomes of the playbooks that only read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import goal
from ansible_collections.oncall.runbooks.plugins.module_utils.outcome import outcomes_of


def found(severity: str, reason: str = "", service: str = "api") -> dict[str, Any]:
    chosen = reason or {"ok": "ok", "crit": "unreachable"}.get(severity, "timeout")
    return {
        "check": "health",
        "service": service,
        "severity": severity,
        "reason": chosen,
        "summary": "x",
    }


def lines(
    scenario: str, *findings: dict[str, Any], causes: bool = False, check: bool = False
) -> list[dict[str, Any]]:
    opened = {
        "services": ["api"],
        "scenario": scenario,
        "goal": goal(scenario),
        "check_mode": check,
    }
    told: list[dict[str, Any]] = [
        {"type": "run_opened", "service": None, "data": opened},
        {"type": "findings", "service": None, "data": {"findings": list(findings)}},
    ]
    return [
        *told,
        *([{"type": "causes", "service": None, "data": {"causes": []}}] if causes else []),
    ]


@pytest.mark.parametrize(
    ("scenario", "findings", "expected"),
    [
        # What does not answer is what a triage finds, not what it fails at.
        ("triage", [found("crit")], "attention"),
        ("triage", [found("ok")], "healthy"),
        ("triage", [found("unknown", "host_unreachable")], "error"),
        ("triage", [found("unknown", "not_managed")], "attention"),
        ("triage", [found("unknown", "host_unreachable"), found("ok")], "attention"),
        ("triage", [], "error"),
        ("capture_state", [found("ok")], "done"),
        ("capture_state", [found("warn", "partly_captured")], "attention"),
        ("capture_state", [found("unknown", "not_captured")], "error"),
        ("smoke_test", [found("ok"), found("ok")], "healthy"),
        ("smoke_test", [found("ok"), found("crit", "wrong_status")], "attention"),
        # Whoever is to prove something must have seen all of it.
        ("smoke_test", [found("ok"), found("unknown", "host_unreachable")], "error"),
        ("watch", [found("warn", "some_errors")], "attention"),
    ],
)
def test_outcomes(scenario: str, findings: list[dict[str, Any]], expected: str) -> None:
    told = lines(scenario, *findings, causes=scenario == "triage")
    assert outcomes_of(told) == {"api": expected}


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([found("unknown", "not_run")], "planned"),
        ([found("unknown", "not_run"), found("ok")], "planned"),
        ([found("unknown", "not_run"), found("crit", "wrong_status")], "attention"),
    ],
)
def test_what_check_mode_does_not_walk_is_planned(findings: Any, expected: str) -> None:
    assert outcomes_of(lines("smoke_test", *findings, check=True)) == {"api": expected}
