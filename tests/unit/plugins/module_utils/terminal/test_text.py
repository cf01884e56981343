# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import (
    clip,
    columns,
    wrap,
)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("", 0), ("ä", 1), ("日本", 4), ("e\u0301", 1), ("…", 1)]
)
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("one two", 80, ["one two"]),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("to abcdefgh", 4, ["to", "abcd", "efgh"]),
        ("日本 語", 4, ["日本", "語"]),
        ("", 4, [""]),
    ],
)
def test_wrap(text: str, room: int, expected: list[str]) -> None:
    assert wrap(text, room) == expected


@pytest.mark.parametrize(
    ("text", "room", "expected"), [("abcd", 4, "abcd"), ("abcd", 3, "ab…"), ("日本語", 4, "日…")]
)
def test_clip(text: str, room: int, expected: str) -> None:
    assert clip(text, room) == expected
