# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.approval import approving


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], "approve=b"),
        (["-e", "service=db"], "approve=b"),
        (["-e", "approve=b"], "approve=b"),
        (["-e", "approve=a"], ["a", "b"]),
        (["-eapprove=a"], ["a", "b"]),
        (["--extra-vars=approve=a"], ["a", "b"]),
        (["-e", "service=db approve=a@db"], ["a@db", "b"]),
        (["-e", '{"approve": ["a", "c"]}'], ["a", "c", "b"]),
        (["-e", '{"approve": "a"}'], ["a", "b"]),
        (["-e", "approve=a", "-e", "approve=c"], ["c", "b"]),
        (["-e", "{broken"], "approve=b"),
    ],
)
def test_an_approval_keeps_those_before(argv: list[str], expected: str | list[str]) -> None:
    given = approving(argv, "approve=b")
    if isinstance(expected, str):
        assert given == expected
    else:
        assert json.loads(given) == {"approve": expected}
