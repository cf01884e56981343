# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.read_again import compare
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    finding,
)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([finding()], "same"),
        ([finding(evidence="evidence/2.json")], "same"),
        ([finding(value=99.0, summary="17 of 17")], "moved"),
        ([finding(reason="active_load")], "new"),
        ([finding("warn")], "new"),
        ([finding(), finding("ok")], "new"),
        ([], "new"),
    ],
)
def test_compare_findings(after: list[dict[str, Any]], expected: str) -> None:
    assert compare([finding()], after) == expected


def test_compare_with_nothing_shown_before() -> None:
    assert compare(None, []) == "new"
