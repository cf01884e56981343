# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page, hang
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import texts


def test_hang_goes_below_a_column_that_leaves_no_room() -> None:
    page = Page(width=40)
    assert texts(hang([("x" * 30, "")], "one two three", page)) == [
        "x" * 30,
        "    one two three",
    ]
    assert texts(hang([(" " * 30, "")], "one", page)) == ["    one"]
