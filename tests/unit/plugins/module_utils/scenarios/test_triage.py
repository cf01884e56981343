# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is judged of a service of each kind, and what its findings call for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import triage

DB = [
    "postgresql_access",
    "postgresql_blocking",
    "postgresql_connections",
    "postgresql_pooler",
]
UNREAD = {"unread": "no password"}


@pytest.mark.parametrize(
    ("entry", "readings", "expected"),
    [
        ({"kind": "postgresql", "postgresql": {}}, {"postgresql": {"document": 1}}, DB),
        ({"kind": "postgresql", "postgresql": {}}, {}, DB),
        ({"kind": "postgresql", "postgresql": {}}, {"postgresql": UNREAD}, DB[:1]),
        ({"kind": "redis", "redis": {"via": "exec"}}, {}, ["redis_access", "redis_memory"]),
        ({"kind": "redis", "redis": {"via": "exec"}}, {"redis": UNREAD}, ["redis_access"]),
        ({"kind": "redis"}, {}, []),
        ({"kind": "redis", "health": {"url": "x"}}, {}, ["health"]),
        ({"kind": "http", "platform": "systemd"}, {}, ["workload"]),
    ],
)
def test_checks(entry: dict[str, Any], readings: dict[str, Any], expected: list[str]) -> None:
    assert triage.checks({"platform": "external", **entry}, readings) == expected


def test_what_could_not_be_read_is_unknown_and_says_why() -> None:
    (found,) = grading.grade(["redis_access"], {"redis": UNREAD}, {}, "cache")
    assert (found["severity"], found["reason"]) == ("unknown", "not_read")
    assert found["summary"] == "no password"
