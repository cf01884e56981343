# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import progress
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.progress import is_news
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    MANY,
    PAGE,
    texts,
)


def test_progress_is_one_short_line() -> None:
    item = {"service": "db", "elapsed_s": 4.2, "text": "96 % of 17 slots … not yet"}
    assert texts(progress.render(item, PAGE)) == ["     4.2 s  96 % of 17 slots … not yet"]
    assert texts(progress.render(item, MANY)) == [
        "  db              4.2 s  96 % of 17 slots … not yet"
    ]
    assert len(progress.render({**item, "text": "x " * 500}, PAGE)) == 1


def attempt(elapsed_s: float, text: str) -> dict[str, Any]:
    return {"elapsed_s": elapsed_s, "text": text}


@pytest.mark.parametrize(
    ("first", "last", "item", "news"),
    [
        (None, None, attempt(1, "a"), True),
        (attempt(1, "a"), attempt(1, "a"), attempt(1.1, "b"), True),
        (attempt(1, "a"), attempt(1, "a"), attempt(2, "a"), False),
        (attempt(1, "a"), attempt(1, "a"), attempt(6, "a"), True),
        (attempt(1, "held 1 s"), attempt(5, "held 4 s"), attempt(6, "held 5 s"), True),
        (attempt(1, "held 1 s"), attempt(100, "held 99 s"), attempt(101, "held 100 s"), False),
        (attempt(1, "held 1 s"), attempt(100, "held 99 s"), attempt(112, "held 111 s"), True),
        (attempt(1, "9 used"), attempt(100, "9 used"), attempt(100.5, "healthy"), True),
    ],
)
def test_a_long_wait_prints_now_and_then(first: Any, last: Any, item: Any, news: bool) -> None:
    assert is_news(first, last, item) is news
