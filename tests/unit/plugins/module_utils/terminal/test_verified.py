# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import verified
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    WIDE,
    texts,
)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"status": "verified", "attempts": 5, "text": "healthy, held for 5.2 s"},
            ["  VERIFIED  healthy, held for 5.2 s (5 readings)"],
        ),
        (
            {"status": "verified", "attempts": 1, "held_s": 5, "time_to_healthy_s": 3.14},
            ["  VERIFIED  healthy, held for 5 s (1 reading, healthy 3.1 s after the start)"],
        ),
        (
            {"status": "failed", "attempts": 9, "text": "17 of 17"},
            ["  NOT HEALTHY  17 of 17 (9 readings)"],
        ),
        ({"status": "failed"}, ["  NOT HEALTHY  (0 readings)"]),
        ({"status": "not_needed"}, []),
        # Only the word that says so proves it.
        ({"status": "nonsense"}, ["  NOT HEALTHY  (0 readings)"]),
    ],
)
def test_verified(item: dict[str, Any], expected: list[str]) -> None:
    assert texts(verified.render(item, WIDE)) == expected
