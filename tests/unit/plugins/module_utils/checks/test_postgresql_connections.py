# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How full, of whom, and why. What cannot be judged is unknown, never ok."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import (
    postgresql_connections as check,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    INPUTS,
    Reading,
    Some,
    active,
    document,
    idle,
    idle_in_transaction,
    locked_out,
    reading,
    refused,
)

SUPERUSER: dict[str, Any] = {"protected": "superuser", "role": "postgres", "application": "psql"}


def graded(given: Reading, **inputs: Any) -> dict[str, Any]:
    (found,) = check.grade(given, {**INPUTS, **inputs})
    assert found["reason"] in (*check.REASONS, "ok")
    return found


@pytest.mark.parametrize(
    ("sorts", "severity", "reason"),
    [
        # below, at and above the thresholds: 80 % of 17 is 13.6, 95 % is 16.15
        ([], "ok", "ok"),
        ([idle(13)], "ok", "ok"),
        ([idle(14)], "warn", "idle_sessions"),
        ([idle(16)], "warn", "idle_sessions"),
        ([idle(17)], "crit", "idle_sessions"),
        ([active(13)], "ok", "ok"),
        ([active(14)], "warn", "active_load"),
        ([active(17)], "crit", "active_load"),
        # superusers may take the reserved slots as well
        ([idle(17), active(3, **SUPERUSER)], "crit", "idle_sessions"),
        # what holds most of the slots
        ([idle_in_transaction(17)], "crit", "idle_in_transaction"),
        ([idle_in_transaction(9), idle(8)], "crit", "idle_in_transaction"),
        ([idle_in_transaction(8), idle(9)], "crit", "idle_sessions"),
        ([idle(8), active(9)], "crit", "active_load"),
        ([idle(9), active(8)], "crit", "idle_sessions"),
        ([idle(6), idle_in_transaction(6), active(5)], "crit", "idle_in_transaction"),
        ([idle(6), idle_in_transaction(5), active(6)], "crit", "idle_sessions"),
        # idle for a while is idle, also where it is too young to be ended
        ([idle(17, 60)], "crit", "idle_sessions"),
        # for a moment, between two statements, it is work
        ([idle(17, 1)], "crit", "active_load"),
        ([idle_in_transaction(17, 1)], "crit", "active_load"),
        ([Some(17, "other", 1)], "crit", "active_load"),
        # idle, and never to be ended
        ([idle(17, **SUPERUSER)], "crit", "protected_sessions"),
        ([idle(9, protected="not_app_role"), active(8)], "crit", "protected_sessions"),
        ([idle(16, **SUPERUSER), idle(1)], "crit", "idle_sessions"),
        ([idle(8, **SUPERUSER), idle(5, 60), active(4)], "crit", "idle_sessions"),
        # protected ones at work are load
        ([active(17, protected="not_app_role")], "crit", "active_load"),
    ],
)
def test_grade(sorts: list[Some], severity: str, reason: str) -> None:
    found = graded(reading(document(*sorts)))
    assert (found["severity"], found["reason"]) == (severity, reason)


@pytest.mark.parametrize(
    ("sorts", "value", "threshold"),
    [([idle(5)], 29.4, 80), ([idle(14)], 82.4, 80), ([idle(17)], 100.0, 95)],
)
def test_figures(sorts: list[Some], value: float, threshold: int) -> None:
    found = graded(reading(document(*sorts)))
    assert (found["value"], found["unit"], found["threshold"]) == (value, "percent", threshold)


def test_summary() -> None:
    sorts = (idle(12), idle_in_transaction(3), active(2, application=""))
    assert graded(reading(document(*sorts)))["summary"] == (
        "17 of 17 application slots are used (100 %): "
        "12 idle, 3 idle in transaction, 2 active; most by role app, application shop"
    )


@pytest.mark.parametrize(
    ("slots", "used", "severity"),
    [
        # A share is not rounded up to the threshold: 1599 of 2000 is below 80 %.
        (2000, 1599, "ok"), (2000, 1600, "warn"), (2000, 1899, "warn"), (2000, 1900, "crit"),
        (10000, 7999, "ok"), (10000, 8000, "warn"), (9997, 7997, "ok"), (9997, 7998, "warn"),
        (1, 0, "ok"), (1, 1, "crit"), (0, 0, "ok"), (0, 1, "crit"),
    ],
)  # fmt: skip
def test_thresholds_are_exact(slots: int, used: int, severity: str) -> None:
    assert graded(reading(document(idle(used), slots=slots)))["severity"] == severity


@pytest.mark.parametrize(
    ("given", "severity", "reason", "said"),
    [
        (reading(document(idle(17), in_recovery=True)), "unknown", "standby", "primary"),
        (reading(document(in_recovery=True)), "unknown", "standby", "primary"),
        (
            reading(document(idle(3), hidden=14)),
            "unknown", "insufficient_privilege", "GRANT pg_monitor TO oncall",
        ),
        (
            reading(document(hidden=1)),
            "unknown", "insufficient_privilege", "1 sessions cannot be seen",
        ),
        (locked_out(), "crit", "slots_reserved", "every slot an application can use is taken"),
        (
            locked_out(admin=refused("auth_failed")),
            "crit", "slots_reserved", "every slot an application can use is taken",
        ),
        (
            reading(None, refused={"normal": refused("auth_failed", "FATAL:  password")}),
            "unknown", "auth_failed", "nothing could be read: FATAL:  password",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_judged(given: Reading, severity: str, reason: str, said: str) -> None:
    found = graded(given)
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert said in found["summary"]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("refused", "unreachable"), ("timeout", "unreachable"), ("dns_failure", "unreachable"),
        ("reset", "unreachable"), ("unreachable", "unreachable"), ("starting_up", "not_read"),
        ("recovering", "not_read"), ("shutting_down", "not_read"), ("tls_failed", "not_read"),
        ("database_missing", "not_read"), ("server_refused", "not_read"), ("unknown", "not_read"),
        ("client_missing", "not_read"), ("statement_timeout", "not_read"),
        ("insufficient_privilege", "not_read"),
    ],
)  # fmt: skip
def test_without_a_reading(cause: str, reason: str) -> None:
    found = graded(reading(None, refused={"normal": refused(cause)}))
    assert (found["severity"], found["reason"], found["value"]) == ("unknown", reason, None)


def test_read_through_the_broken_glass_it_is_judged_like_any_other() -> None:
    given = reading(document(idle(17)), way="admin", refused={"normal": refused("slots_reserved")})
    assert graded(given)["reason"] == "idle_sessions"


@pytest.mark.parametrize(("warn", "crit"), [(1, 2), (50, 60), (99, 100)])
def test_thresholds_are_the_inputs(warn: int, crit: int) -> None:
    for used, severity in ((warn - 1, "ok"), (warn, "warn"), (crit, "crit")):
        given = reading(document(idle(used), slots=100))
        found = graded(given, warn_percent=warn, crit_percent=crit)
        assert found["severity"] == severity
