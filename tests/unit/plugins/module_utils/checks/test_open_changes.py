# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left to undo, and which of it this run was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import open_changes as check

NOW = "2026-11-21T03:04:05.000000Z"
ALL: dict[str, Any] = {"change": None, "expired_only": False}


def change(number: int, expires_at: str | None = None) -> dict[str, Any]:
    return {"number": number, "action": "raise_max_connections", "expires_at": expires_at}


CHANGES = [
    change(3),
    change(2, "2026-11-21T03:04:04.999999Z"),
    change(1, "2026-11-21T03:04:05.000001Z"),
]


@pytest.mark.parametrize(
    ("inputs", "numbers"),
    [
        (ALL, [3, 2, 1]),
        ({**ALL, "change": 1}, [1]),
        ({**ALL, "change": 9}, []),
        ({**ALL, "expired_only": True}, [2]),
    ],
)
def test_wanted(inputs: dict[str, Any], numbers: list[int]) -> None:
    chosen = check.wanted({"now": NOW, "changes": CHANGES}, inputs)
    assert [one["number"] for one in chosen] == numbers


@pytest.mark.parametrize(
    ("changes", "severity", "reason", "value"),
    [([], "ok", "ok", 0), (CHANGES, "warn", "open_undo", 3), (CHANGES[:1], "warn", "open_undo", 1)],
)
def test_grade(changes: list[dict[str, Any]], severity: str, reason: str, value: int) -> None:
    (found,) = check.grade({"now": NOW, "changes": changes}, ALL)
    assert (found["severity"], found["reason"], found["value"]) == (severity, reason, value)


def test_summary() -> None:
    (found,) = check.grade({"now": NOW, "changes": CHANGES[:2]}, ALL)
    assert found["summary"] == (
        "to be undone: change 3 (raise_max_connections), 2 (raise_max_connections)"
    )
