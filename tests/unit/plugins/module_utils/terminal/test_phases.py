# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import phases
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.phases import heading
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import texts


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "[ 0.0 s] Verify"),
        (1.23, "[ 1.2 s] Verify"),
        (12.3, "[12.3 s] Verify"),
        (125, "[2 min 05 s] Verify"),
    ],
)
def test_heading(seconds: float, expected: str) -> None:
    assert texts(heading("Verify", seconds)) == [expected]


CHANGE = {"kind": "change", "change": {"service": "db", "action": "end_sessions"}}


@pytest.mark.parametrize(
    ("role", "item", "current", "expected"),
    [
        ("diagnostics", {"kind": "findings"}, "", "Diagnose"),
        ("decision", {"kind": "plan"}, "Diagnose", "Decide"),
        ("verification", {"kind": "progress"}, "Contain", "Verify"),
        ("incident", {"kind": "run"}, "", ""),
        ("incident", {"kind": "report"}, "Verify", ""),
        ("incident", {"kind": "future"}, "", "Open"),
        ("incident", {"kind": "future"}, "Verify", "Record"),
        # What the role `incident` writes for others belongs to them.
        ("incident", CHANGE, "Decide", "Contain"),
        ("incident", {"kind": "change", "change": {"phase": "scaling"}}, "Decide", "Scale"),
        ("incident", {"kind": "change", "change": {"service": "other"}}, "Decide", "Decide"),
        ("recovery", {"kind": "change", "change": {}}, "Decide", "Recover"),
        # Part of what is under way.
        ("decision", {"kind": "lock"}, "Decide", "Decide"),
        ("diagnostics", {"kind": "read_again"}, "Decide", "Decide"),
        ("diagnostics", {"kind": "break_glass"}, "Verify", "Verify"),
        ("diagnostics", {"kind": "break_glass"}, "Open", "Diagnose"),
        ("containment", {"kind": "break_glass"}, "Decide", "Contain"),
        ("diagnostics", {"kind": "break_glass"}, "", "Diagnose"),
        ("", {"kind": "lock"}, "", "Open"),
        ("somebody_elses", {"kind": "findings"}, "Decide", "Decide"),
    ],
)
def test_phase(role: str, item: dict[str, Any], current: str, expected: str) -> None:
    planned = {("db", "end_sessions"): "containment"}
    assert phases.of_item(role, item, current, planned) == expected


@pytest.mark.parametrize(
    ("role", "current", "expected"),
    [
        ("diagnostics", "", "Diagnose"),
        ("decision", "Diagnose", "Decide"),
        ("diagnostics", "Verify", "Verify"),
        ("incident", "Decide", "Decide"),
        ("", "", ""),
    ],
)
def test_phase_of_a_task(role: str, current: str, expected: str) -> None:
    assert phases.of_task(role, current) == expected
