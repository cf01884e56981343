# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of the break-glass connection."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import purpose


@pytest.mark.parametrize(
    ("check_mode", "expected"),
    [(False, "end sessions"), (True, "look; check mode does not end sessions")],
)
def test_check_mode_does_not_claim_the_change(check_mode: bool, expected: str) -> None:
    assert purpose("end sessions", check_mode) == expected
