# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tool": "barmen"}, "one of plain"),
        ({"directory": "base"}, "an absolute path"),
        ({"archive": "/a b"}, "an absolute path"),
        ({"directory": "/backup/../etc"}, "an absolute path"),
        ({"max_age_hours": "soon"}, "a whole number"),
        ({"achive": "/x"}, "did you mean archive"),
        ({"integrity": [{"name": "x", "sql": "SELECT 1", "expect": 1}]}, "a text, in quotes"),
    ],
)
def test_what_is_wrong_in_the_catalog_is_one_line(given: dict[str, Any], said: str) -> None:
    whole = {"tool": "plain", "directory": "/backup/base", "archive": "/backup/wal", **given}
    with pytest.raises(InputError, match=said):
        entry.of("backup", whole)
