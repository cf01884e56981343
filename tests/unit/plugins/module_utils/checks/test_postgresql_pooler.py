# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do clients wait at the pooler? PgBouncer's console answers in text."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import (
    postgresql_pooler as check,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    INPUTS,
    document,
    reading,
    refused,
)


def pool(waiting: int, wait_s: int, wait_us: int | None = 0, idle: int = 0) -> dict[str, Any]:
    """A line of SHOW POOLS. Older versions have no maxwait_us."""
    row: dict[str, Any] = {
        "database": "shop", "cl_waiting": str(waiting), "sv_idle": idle, "maxwait": str(wait_s),
    }  # fmt: skip
    return row if wait_us is None else {**row, "maxwait_us": str(wait_us)}


@pytest.mark.parametrize(
    ("pools", "severity", "value"),
    [
        ([], "ok", 0),
        ([pool(0, 0)], "ok", 0),
        ([pool(3, 0)], "ok", 3),
        ([pool(3, 0, 999_999)], "ok", 3),
        ([pool(3, 1)], "warn", 1.0),
        ([pool(3, 1, None)], "warn", 1.0),
        ([pool(3, 0, 1_500_000)], "warn", 1.5),
        ([pool(1, 2, 500_000), pool(4, 1)], "warn", 2.5),
    ],
)
def test_grade(pools: list[dict[str, Any]], severity: str, value: float) -> None:
    (found,) = check.grade(reading(document(), pooler={"pools": pools}), INPUTS)
    assert (found["severity"], found["value"]) == (severity, value)
    assert found["reason"] == ("ok" if severity == "ok" else "clients_waiting")


@pytest.mark.parametrize(
    ("idle", "hint"), [(0, "no server connection is idle"), (4, "4 server connections are idle")]
)
def test_hint(idle: int, hint: str) -> None:
    pools = [pool(2, 3, idle=idle), pool(3, 1)]
    (found,) = check.grade(reading(document(), pooler={"pools": pools}), INPUTS)
    assert found["summary"].startswith("5 clients wait at the pooler, the longest for 3.0 s; ")
    assert hint in found["summary"]


def test_a_pooler_that_cannot_be_read_is_unknown() -> None:
    given = reading(document(), pooler={"refused": refused("auth_failed", "no such user")})
    (found,) = check.grade(given, INPUTS)
    assert (found["severity"], found["reason"]) == ("unknown", "pooler_unreadable")
    assert found["summary"].endswith("no such user")


def test_without_a_pooler_there_is_nothing_to_say() -> None:
    assert check.grade(reading(document()), INPUTS) == []
