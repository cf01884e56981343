# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last line of a journal without what may be a secret."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.ends import masked


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("no such table: orders", "no such table: orders"),
        ("password=hunter2 rejected", "password=*** rejected"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("DATABASE_PASSWORD: 'x y'", "DATABASE_PASSWORD: '*** y'"),
        ("cannot reach postgresql://app:s3cret@db:5432/shop", "cannot reach postgresql://app:***@db:5432/shop"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("tab\tand\x1b[31mcolour", "tab and [31mcolour"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)  # fmt: skip
def test_masked(line: str, shown: str) -> None:
    assert masked(line) == shown
