# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import lock
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import texts


@pytest.mark.parametrize(
    ("item", "details", "expected"),
    [
        ({"state": "acquired"}, False, ["  lock taken"]),
        ({"state": "acquired", "message": "taken over"}, False, ["  lock taken: taken over"]),
        ({"state": "released"}, False, []),
        ({"state": "released"}, True, ["  lock released"]),
        ({"state": "refused", "message": "held by a"}, False, ["  LOCKED  held by a"]),
        ({"state": "refused"}, False, ["  LOCKED  another run holds the lock"]),
    ],
)
def test_lock(item: dict[str, Any], details: bool, expected: list[str]) -> None:
    page = Page(services=("db",), details=details)
    assert texts(lock.render({"service": "db", **item}, page)) == expected
