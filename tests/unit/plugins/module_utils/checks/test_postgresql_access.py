# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that refuses us is not a server that is down."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import (
    postgresql_access as check,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import errors
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    INPUTS,
    Reading,
    document,
    idle,
    locked_out,
    reading,
    refused,
)

FULL = document(idle(17))
RESERVED = refused("slots_reserved", "FATAL:  remaining connection slots are reserved")


@pytest.mark.parametrize(
    ("given", "severity", "reason", "summary"),
    [
        (reading(FULL), "ok", "ok", "oncall gets in (PostgreSQL 16)"),
        (
            reading(FULL, way="admin", refused={"normal": RESERVED}),
            "crit", "slots_reserved",
            "the server is up and full: oncall does not get in: FATAL:  remaining connection "
            "slots are reserved; read through the break-glass connection instead",
        ),
        (
            reading(None, refused={"normal": RESERVED}),
            "crit", "slots_reserved",
            "the server is up and full: oncall does not get in: FATAL:  remaining connection "
            "slots are reserved",
        ),
        (
            reading(None, refused={"normal": RESERVED, "admin": refused("auth_failed", "no pg")}),
            "crit", "slots_reserved",
            "the server is up and full: oncall does not get in: FATAL:  remaining connection "
            "slots are reserved; the break-glass connection failed too: no pg",
        ),
        (
            reading(None, refused={"normal": refused("auth_failed", "FATAL:  password")}),
            "crit", "auth_failed", "oncall does not get in: FATAL:  password",
        ),
        (
            reading(None, refused={"normal": refused("starting_up", "FATAL:  starting up")}),
            "crit", "starting_up", "oncall does not get in: FATAL:  starting up",
        ),
    ],
)  # fmt: skip
def test_grade(given: Reading, severity: str, reason: str, summary: str) -> None:
    (found,) = check.grade(given, INPUTS)
    assert (found["severity"], found["reason"], found["summary"]) == (severity, reason, summary)


def test_a_full_server_is_never_called_down() -> None:
    (found,) = check.grade(locked_out(), INPUTS)
    assert "the server is up and full" in found["summary"]


@pytest.mark.parametrize(
    "reason", sorted({*errors.REASONS, *errors.SQLSTATES.values(), *check.UNREACHABLE})
)
def test_every_reason_to_refuse_is_listed(reason: str) -> None:
    (found,) = check.grade(reading(None, refused={"normal": refused(reason)}), INPUTS)
    assert found["severity"] == "crit"
    assert found["reason"] in check.REASONS
