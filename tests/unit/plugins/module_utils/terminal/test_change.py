# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import change
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    WIDE,
    changed,
    texts,
)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (changed("intended"), ["  ending 4 sessions …"]),
        (
            changed(
                "made",
                after={
                    "ended": [1, 2, 3],
                    "skipped": [
                        {"pid": 1, "reason": "began_a_transaction"},
                        {"pid": 2, "reason": "gone"},
                        {"pid": 3, "reason": "gone"},
                    ],
                },
                undo={"none": "clients connect again"},
            ),
            [
                "  DONE    change 1: 3 ended",
                "          2 skipped: gone",
                "          1 skipped: began a transaction",
                "          no undo: clients connect again",
            ],
        ),
        (
            changed(
                "made",
                before={"max_connections": 20},
                after={"max_connections": 30},
                expires_at="2026-11-21T03:04:05.123456Z",
            ),
            [
                "  DONE    change 1: max connections 20 → 30",
                "          undo: start them again",
                "          expires at 03:04:05 UTC",
            ],
        ),
        (
            changed("made", after={"skipped": {"busy": 2, "gone": 0}}, undo={}),
            ["  DONE    change 1: end 4 sessions", "          2 skipped: busy"],
        ),
        (
            changed("made", after={"summary": "all gone", "skipped": 1}, undo={}),
            ["  DONE    change 1: all gone", "          1 skipped"],
        ),
        (
            changed("made", after={"replicas": 3, "nothing": None, "none": {}}, undo={}),
            ["  DONE    change 1: replicas 3"],
        ),
        (
            changed("failed", message="it did not"),
            ["  FAILED  change 1: it did not", "          undo: start them again"],
        ),
        (changed("failed", undo={}), ["  FAILED  change 1: could not end 4 sessions"]),
        (changed("reverted"), ["  UNDONE  change 1: end 4 sessions"]),
    ],
)
def test_changes(item: dict[str, Any], expected: list[str]) -> None:
    assert texts(change.render(item, WIDE)) == expected
