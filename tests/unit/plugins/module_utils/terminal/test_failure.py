# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import failure


@pytest.mark.parametrize(
    ("result", "foreign", "expected"),
    [
        ({"msg": "locked: by a"}, False, "locked: by a"),
        ({"msg": "Task failed: Module failed: no such file"}, False, "no such file"),
        ({"msg": "no such file"}, True, "no such file (task: Do it)"),
        ({"msg": ["a", "b"]}, False, "a b"),
        (
            {"msg": "non-zero return code", "stderr": "one\ntwo\n"},
            True,
            "non-zero return code: two (task: Do it)",
        ),
        (
            {"msg": "The command exited with a non-zero return code.", "stdout": "out"},
            False,
            "The command exited with a non-zero return code: out",
        ),
        ({"msg": "two\nlines"}, False, "two lines"),
        ({}, False, "it gave no reason; -vvv shows what it returned"),
        (
            {"censored": "hidden", "msg": "hunter2"},
            False,
            "the task 'Do it' failed; its output is hidden (no_log)",
        ),
    ],
)
def test_failure(result: dict[str, Any], foreign: bool, expected: str) -> None:
    assert failure.message(result, "Do it", foreign) == expected


@pytest.mark.parametrize(
    ("text", "host", "expected"),
    [
        ("boom", "", "error: boom"),
        ("boom", "db", "error: db: boom"),
        ("error: boom", "", "error: boom"),
        ("locked: by a", "", "locked: by a"),
        ("locked: by a", "db", "locked: db: by a"),
        ("ssh: no route", "", "error: ssh: no route"),
    ],
)
def test_error_line(text: str, host: str, expected: str) -> None:
    assert failure.line(text, host) == expected
