# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import run
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    HOSTILE,
    PAGE,
    texts,
)

RUN = {
    "scenario": "db_connection_exhausted",
    "services": ["db"],
    "environment": "production",
    "incident": "INC-1",
    "check_mode": False,
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["db_connection_exhausted on db in production", "incident INC-1"]),
        (
            {"check_mode": True},
            [
                "db_connection_exhausted on db in production",
                "incident INC-1",
                "check mode: nothing will be changed",
            ],
        ),
        (
            {"services": list("abcdefg"), "environment": ""},
            ["db_connection_exhausted on 7 services", "incident INC-1"],
        ),
        (
            {"services": [HOSTILE]},
            [
                "db_connection_exhausted on a\\x1b[31mb c\\u202ed\\u200be f\\x07 in production",
                "incident INC-1",
            ],
        ),
    ],
)
def test_header(more: dict[str, Any], expected: list[str]) -> None:
    assert texts(run.render({**RUN, **more}, PAGE)) == expected
