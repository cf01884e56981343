# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lines of a log tell of limits: our own refusals, and those of whom the service asks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import log
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

NOW = seconds("2026-11-21T03:04:05Z")


@pytest.mark.parametrize(
    ("line", "figures"),
    [
        ('1.2.3.4 - - [21/Nov/2026:03:04:05 +0000] "GET /a HTTP/1.1" 429 17', (1, 1, 0)),
        ('1.2.3.4 - - [21/Nov/2026:03:04:05 +0000] "GET /a HTTP/1.1" 200 429', (1, 0, 0)),
        ("2026-11-21T03:04:05Z INFO GET /orders/429 200 3ms 1.2.3.4", (1, 0, 0)),
        ("2026-11-21T03:04:05Z INFO POST /orders 429 3ms 1.2.3.4", (1, 1, 0)),
        ('{"method":"GET","url":"/","status": 429,"ip":"1.2.3.4"}', (1, 1, 0)),
        ("WARN rate limit exceeded for 1.2.3.4", (0, 0, 0)),
        ("ERROR the mail provider answered 429", (0, 0, 1)),
        ("Error: Too Many Requests", (0, 0, 1)),
        ("order 1429 was delivered", (0, 0, 0)),
        ("", (0, 0, 0)),
    ],
)
def test_who_refuses_whom(line: str, figures: tuple[int, int, int]) -> None:
    found = log.read(line, NOW)
    assert (found["requests"], found["refused"], found["upstream"]) == figures


@pytest.mark.parametrize(
    ("line", "waits"),
    [
        ("429 Retry-After: 120", 120),
        ("429 {'retry-after': '30'}", 30),
        ("429 Too Many Requests: retry after 7", 7),
        # By the moment of the line, which is a minute ago.
        ("2026-11-21T03:03:05Z 429 Retry-After: 90", 30),
        ("2026-11-21T03:03:05.123Z 429 Retry-After: 10", 0),
        # A clock that is ahead makes nobody wait for longer.
        ("2026-11-21T09:00:00Z 429 Retry-After: 60", 60),
        ("429 Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("429 too many requests", None),
        # Our own answer to a client is no wait of ours.
        ("INFO GET /orders 429 1ms 1.2.3.4 retry-after=30", None),
    ],
)
def test_until_when(line: str, waits: int | None) -> None:
    assert log.read(line, NOW)["waits_s"] == waits


def test_the_longest_wait_counts_and_clients_are_ranked() -> None:
    lines = ["429 Retry-After: 5", "429 Retry-After: 50", "429 Retry-After: 9"]
    lines += ["GET / 429 1ms 1.2.3.4"] * 3 + ["GET / 429 1ms 2001:db8::7"] * 5 + ["GET / 429 1ms"]
    found: dict[str, Any] = log.read("\n".join(lines), NOW)
    assert (found["waits_s"], found["until"]) == (50, "2026-11-21T03:04:55.000000Z")
    assert found["refused"] == 9
    assert found["top"] == [
        {"client": "2001:db8::7", "refused": 5},
        {"client": "1.2.3.4", "refused": 3},
    ]
