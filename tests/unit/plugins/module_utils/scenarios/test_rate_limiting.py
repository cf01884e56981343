# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said and planned when requests are refused: one client who is named, or all when approved."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import rate_limiting
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils import (
    service_situations as situations,
)

CHECKS = ("rate_counters", "rate_log", "health", "history")
VALUES = {spec.name: spec.default for spec in rate_limiting.INPUTS}
QUIET: dict[str, Any] = {
    "requests": 100,
    "refused": 0,
    "upstream": 0,
    "until": None,
    "waits_s": None,
    "top": [],
}


def counters(limited: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "limit": 100, "whole": True, "counters": 10, "readable": 10, "requests": 500, "limited": limited,
        "stuck": 0, "frees_in_ms": 30_000, "top": [{"client": "203.0.113.7", "requests": 120}],
        "top_percent": 24.0, **more,
    }  # fmt: skip


def reading(found: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "redis": "redis", "prefixes": ["rl:"], "refused": None, "counters": found or counters(),
        "log": QUIET, "log_missed": "", **more,
    }  # fmt: skip


REFUSED = {"reason": "auth_failed", "message": "it is auth_failed"}
ABUSE = counters(1, top_percent=80.0)


@pytest.mark.parametrize(
    ("given", "client", "expected"),
    [
        (reading(), None, [("ok", "ok")]),
        (reading(counters(3)), None, [("warn", "clients_limited")]),
        (reading(counters(3, stuck=1)), None, [("crit", "stuck")]),
        (reading(ABUSE), None, [("warn", "abuse")]),
        # Of one who is named nobody asks how much it has of all; of one alone neither.
        (reading(ABUSE), "203.0.113.7", [("warn", "clients_limited")]),
        (reading(counters(1, top_percent=100.0, readable=1)), None, [("warn", "clients_limited")]),
        (reading(redis=None), None, []),
        ({**reading(), "counters": None}, None, [("unknown", "no_prefixes")]),
        (reading(refused=REFUSED), None, [("unknown", "auth_failed")]),
    ],
)
def test_counters(given: Any, client: str | None, expected: list[tuple[str, str]]) -> None:
    values = {**VALUES, "client": client}
    found = grading.grade(["rate_counters"], {"rate_limits": given}, values, "api")
    assert [(one["severity"], one["reason"]) for one in found] == expected


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ({}, [("ok", "ok")]),
        ({"refused": 5}, [("warn", "refusing")]),
        ({"refused": 4}, [("ok", "ok")]),
        ({"requests": 10, "refused": 9}, [("ok", "ok")]),
        ({"upstream": 1}, [("warn", "upstream_limited"), ("ok", "ok")]),
        (
            {"upstream": 1, "until": "x", "waits_s": 30},
            [("crit", "upstream_limited"), ("ok", "ok")],
        ),
        ({"upstream": 1, "until": "x", "waits_s": 0}, [("warn", "upstream_limited"), ("ok", "ok")]),
    ],
)
def test_log(log: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    given = reading(log={**QUIET, **log})
    found = grading.grade(["rate_log"], {"rate_limits": given}, VALUES, "api")
    assert [(one["severity"], one["reason"]) for one in found] == expected


def test_no_log_is_unknown() -> None:
    given = reading(log=None, log_missed="no answer in time")
    (found,) = grading.grade(["rate_log"], {"rate_limits": given}, VALUES, "api")
    assert (found["severity"], found["reason"]) == ("unknown", "no_log")


ONE, ALL = "reset_client", "reset_rate_limits"


@pytest.mark.parametrize(
    ("given", "client", "approvals", "expected"),
    [
        (reading(), "203.0.113.7", [ALL], []),
        (reading(counters(3)), None, [], []),
        (reading(counters(3)), "203.0.113.7", [], [(ONE, "planned")]),
        (reading(counters(3)), None, [ALL], [(ALL, "planned")]),
        (reading(counters(3)), "203.0.113.7", [ALL], [(ONE, "planned")]),
        (reading(counters(3, stuck=1)), None, [], [(ALL, "needs_approval")]),
        (reading(ABUSE), None, [ALL], [(ALL, "refused")]),
        (reading(refused=REFUSED), "203.0.113.7", [ALL], []),
        (reading(redis=None), "203.0.113.7", [ALL], []),
    ],
)
def test_planned(given: Any, client: str | None, approvals: list[str], expected: Any) -> None:
    found = situations.planned(
        "rate_limiting",
        {"rate_limits": given},
        checks=CHECKS,
        approve_up_to="safe",
        approvals=approvals,
        client=client,
    )
    assert situations.short(found) == expected
    for entry in found:
        assert (
            entry["parameters"]["prefixes"] == ["rl:"] and entry["parameters"]["kept_in"] == "redis"
        )
        assert entry["parameters"]["client"] == client
