# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reasons of failed jobs: alike is one class, and nobody's name, address or secret is in it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import failures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect ECONNREFUSED 10.0.0.1:25", "connect ECONNREFUSED 10.0.0.1:25"),
        ("HTTP 503\n    at send (/app/mail.js:1:2)", "HTTP 503"),
        ("\n\n  timeout of 5000ms exceeded", "timeout of 5000ms exceeded"),
        ("550 no such user bob.b@mail.example.org", "550 no such user <address>"),
        ("user 123456789 has blocked the bot", "user <number> has blocked the bot"),
        ("order 0f8fad5b-d9cb-469f-a165-70867728950e is gone", "order <id> is gone"),
        ("tx 5d41402abc4b2a76b9719d911017c592 not found", "tx <id> not found"),
        ("login failed: password=hunter2", "login failed: password=***"),
        ("deadbeef", "deadbeef"),
        ("", "no reason"),
        (None, "no reason"),
        ("x" * 500, "x" * 120),
        ("a\x1b[31mred", "a [31mred"),
    ],
)
def test_reason(text: Any, expected: str) -> None:
    assert failures.reason_of(text) == expected


def some(*reasons: str, name: str = "mail") -> list[failures.Job]:
    return [failures.job(str(n), "1", name, reason) for n, reason in enumerate(reasons)]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ({}, 4),
        ({"job": None, "reason": None}, 4),
        ({"job": "mail"}, 3),
        ({"job": "mai"}, 0),
        ({"reason": "503"}, 3),
        ({"job": "mail", "reason": "503"}, 2),
        ({"reason": "HTTP 5.3"}, 0),
    ],
)
def test_who_is_meant(wanted: dict[str, Any], number: int) -> None:
    jobs = [*some("HTTP 503", "HTTP 503", "HTTP 404"), *some("HTTP 503", name="sms")]
    assert sum(failures.means(wanted, one) for one in jobs) == number


def test_a_sample_stands_for_all() -> None:
    jobs = some(*["HTTP 503"] * 150, *["HTTP 404"] * 50)
    found = failures.summary(jobs, 100_000, {})
    assert (found["meant"], found["sampled"]) == (100_000, 200)
    assert [one["about"] for one in found["classes"]] == [75_000, 25_000]
    named = failures.summary(jobs, 100_000, {"reason": "404"})
    assert named["meant"] == 25_000
    assert [one["reason"] for one in named["classes"]] == ["HTTP 404"]
    assert failures.summary([], 0, {})["meant"] == 0
