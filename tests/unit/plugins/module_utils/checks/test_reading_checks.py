# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of the playbooks that only read: captures, critical paths, watches."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import capture, smoke, watch

KEPT = {"what": "log", "path": "x", "bytes": 2048, "cut": False}
MISSED = {"what": "events", "why": "no answer in time"}


@pytest.mark.parametrize(
    ("kept", "missed", "refused", "severity", "reason", "said"),
    [
        ([KEPT], [], None, "ok", "ok", "kept log (2 KiB)"),
        ([KEPT], [MISSED], None, "warn", "partly_captured", "not events (no answer in time)"),
        ([{**KEPT, "cut": True}], [], None, "ok", "ok", "cut to size: log"),
        ([], [MISSED], None, "unknown", "not_captured", "nothing was kept: events"),
        ([], [], None, "unknown", "not_captured", "nobody here can look at it"),
        ([], [], "no route", "unknown", "host_unreachable", "no route"),
    ],
)
def test_captures(
    kept: Any, missed: Any, refused: str | None, severity: str, reason: str, said: str
) -> None:
    (found,) = capture.grade({"kept": kept, "missed": missed, "refused": refused}, {})
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert said in found["summary"]


@pytest.mark.parametrize(
    ("reason", "severity"),
    [
        ("ok", "ok"),
        ("wrong_status", "crit"),
        ("not_kept", "crit"),
        ("command_failed", "crit"),
        ("host_unreachable", "unknown"),
        ("client_missing", "unknown"),
        ("not_run", "unknown"),
    ],
)
def test_paths(reason: str, severity: str) -> None:
    path = {"name": "login", "steps": 2, "seconds": 0.5, "reason": reason, "message": "why"}
    (found,) = smoke.grade({"paths": [path]}, {})
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert found["summary"] == ("login: 2 steps in 0.500 s" if reason == "ok" else "login: why")


def seen(**more: Any) -> dict[str, Any]:
    quiet = {
        "planned": 10, "checks": 10, "failed": 0, "percent": 0.0, "outages": 0, "last_failure": "",
        "lost": False, "checks_before": 0, "failed_before": 0, "alerts": None,
    }  # fmt: skip
    return {**quiet, **more}


@pytest.mark.parametrize(
    ("given", "severity", "reason", "said"),
    [
        ({}, "ok", "ok", "0 of 10 looks failed (0 %)"),
        ({"failed": 1, "percent": 1.0, "outages": 1}, "warn", "some_errors", "in 1 outage; the last: "),
        ({"failed": 2, "percent": 20.0, "outages": 2}, "crit", "errors", "in 2 outages"),
        ({"checks": 4, "failed": 1, "percent": 25.0, "lost": True}, "crit", "errors", "ended after 4 of 10 looks"),
        ({"checks": 0}, "unknown", "not_read", "never looked at"),
        ({"checks_before": 90, "failed_before": 3}, "ok", "ok", "3 of 100 over the whole incident"),
    ],
)  # fmt: skip
def test_error_rates(given: Any, severity: str, reason: str, said: str) -> None:
    (found,) = watch.grade(seen(**given), {"error_percent": 5})
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert said in found["summary"]


@pytest.mark.parametrize(
    ("alerts", "severity", "reason"),
    [
        ({"firing": [], "refused": ""}, "ok", "ok"),
        ({"firing": ["A", "A", "B"], "refused": ""}, "warn", "alerts_firing"),
        ({"firing": [], "refused": "timeout"}, "warn", "alerts_unreadable"),
    ],
)
def test_alerts(alerts: Any, severity: str, reason: str) -> None:
    _rate, found = watch.grade(seen(alerts=alerts), {"error_percent": 5})
    assert (found["severity"], found["reason"]) == (severity, reason)
