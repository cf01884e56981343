# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.verbs import doing


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("end 4 sessions", "ending 4 sessions"),
        ("Stop it", "stopping it"),
        ("raise max_connections from 20 to 30", "raising max_connections from 20 to 30"),
        ("4 sessions", "now: 4 sessions"),
        ("frobnicate it", "now: frobnicate it"),
        ("restart", "restarting"),
    ],
)
def test_doing(summary: str, expected: str) -> None:
    assert doing(summary) == expected
