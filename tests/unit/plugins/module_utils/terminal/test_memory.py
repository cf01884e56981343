# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.kinds import KINDS
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.memory import (
    NOTES,
    Memory,
    once,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import entry

PROGRESS = {"kind": "progress", "text": "healthy"}
VERIFIED = {"kind": "verified", "text": "healthy"}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], []),
        ([PROGRESS], [PROGRESS]),
        ([PROGRESS, VERIFIED], [VERIFIED]),
        (
            [PROGRESS, {**VERIFIED, "text": "too late"}],
            [PROGRESS, {**VERIFIED, "text": "too late"}],
        ),
        ([VERIFIED, PROGRESS], [VERIFIED, PROGRESS]),
    ],
)
def test_a_last_attempt_is_not_told_twice(items: list[Any], expected: list[Any]) -> None:
    assert once(items) == expected


def test_only_what_can_be_shown_is_noted() -> None:
    assert set(NOTES) <= set(KINDS)


def test_a_new_run_begins_with_an_empty_memory() -> None:
    memory = Memory()
    memory.note({"kind": "run", "run": "r1"}, False)
    memory.note({"kind": "plan", "service": "db", "entries": [entry()]}, False)
    assert memory.phases == {("db", "end_sessions"): "containment"}
    assert memory.note({"kind": "run", "run": "r1"}, False) is None
    assert memory.phases
    run = {"kind": "run", "run": "r2"}
    assert memory.note(run, False) == run
    assert memory == Memory(run=run)


def test_a_phase_has_one_heading_with_the_time_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr("time.time", lambda: 10.0)
    memory.begin("diagnostics")
    monkeypatch.setattr("time.time", lambda: 20.0)
    memory.begin("diagnostics")
    assert [memory.enter(title) for title in ("", "Diagnose", "Diagnose", "Decide")] == [
        None,
        10.0,
        None,
        20.0,
    ]
