# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's health entry, and how an answer is held against it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import health as check
from ansible_collections.oncall.runbooks.plugins.module_utils.health import entry, reading
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done

URL = "http://127.0.0.1:3001/health"
PATH = "runbooks_services.api.health"


def read(**given: Any) -> entry.Health:
    health = entry.of(PATH, given)
    assert health
    return health


def test_without_an_entry_nothing_is_asked() -> None:
    assert entry.of(PATH, None) is None
    assert check.grade(reading.not_configured(), {}) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": URL}, entry.Health("controller", URL, (), (), "", 5)),
        (
            {"url": URL, "status": 204, "from": "host", "seconds": 2},
            entry.Health("host", URL, (), (204,), "", 2),
        ),
        ({"url": URL, "status": [200, 302], "body": "up"}, entry.Health("controller", URL, (), (200, 302), "up", 5)),
        ({"command": ["up"], "from": "host"}, entry.Health("inside", "", ("up",), (), "", 5)),
        ({"command": ["ping", "x"], "body": "PONG"}, entry.Health("inside", "", ("ping", "x"), (), "PONG", 5)),
    ],
)  # fmt: skip
def test_entries(given: dict[str, Any], expected: entry.Health) -> None:
    assert read(**given) == expected


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("http://x/", "health: got"),
        ({}, "one of url and command"),
        ({"url": URL, "command": ["true"]}, "one of url and command"),
        ({"uri": URL}, "did you mean url"),
        ({"url": "ftp://x/"}, "health.url"),
        ({"url": "http:///x"}, "health.url"),
        ({"url": "http://x:99999/"}, "health.url"),
        ({"url": "http://a b/"}, "health.url"),
        ({"url": "http://me:hunter2@x/"}, "health.url"),
        ({"url": "http://x/?token=hunter2"}, "health.url"),
        ({"url": URL, "from": "somewhere"}, "health.from"),
        ({"url": URL, "status": 99}, "health.status"),
        ({"url": URL, "status": ["ok"]}, "health.status"),
        ({"url": URL, "body": 200}, "health.body"),
        ({"url": URL, "seconds": 0}, "health.seconds"),
        ({"command": "redis-cli ping"}, "health.command"),
        ({"command": []}, "health.command"),
        ({"command": ["true"], "status": 200}, "health.status"),
        ({"command": ["true"], "from": "controller"}, "health.from"),
    ],
)
def test_refused_entries(given: Any, named: str) -> None:
    with pytest.raises(InputError) as caught:
        entry.of(PATH, given)
    assert named in str(caught.value) and str(caught.value).startswith(PATH)
    assert "hunter2" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("url", [URL, "http://localhost/", "http://[::1]/", "http://0177.1/"])
def test_a_loopback_address_of_a_remote_service_is_the_controllers_own(url: str) -> None:
    with pytest.raises(InputError, match="from: host"):
        entry.of(PATH, {"url": url}, local=False)
    assert entry.of(PATH, {"url": url, "from": "host"}, local=False)


def answered(reason: str, status: int | None = None, body: str = "") -> dict[str, Any]:
    return {"reason": reason, "message": "said so", "status": status, "body": body, "seconds": 0.01}


@pytest.mark.parametrize(
    ("given", "answer", "severity", "reason", "told"),
    [
        ({}, answered("ok", 200, "up"), "ok", "ok", "answers 200 in 0.010 s"),
        ({}, answered("ok", 204), "ok", "ok", "answers 204"),
        ({}, answered("ok", 302), "crit", "wrong_status", "302 instead of 200 to 299"),
        ({"status": 401}, answered("ok", 401), "ok", "ok", "answers 401"),
        ({"status": 401}, answered("ok", 200), "crit", "wrong_status", "200 instead of 401"),
        ({}, answered("ok", 500, "db\npassword=hunter2"), "crit", "wrong_status", "299: db password=***"),
        ({"body": "up"}, answered("ok", 200, "it is up"), "ok", "ok", "answers"),
        ({"body": "up"}, answered("ok", 200, "down"), "crit", "wrong_body", "does not hold 'up'"),
        ({}, answered("connection_refused"), "crit", "connection_refused", "said so"),
        ({}, answered("timeout"), "crit", "timeout", "said so"),
        ({}, answered("reset"), "crit", "reset", "said so"),
        ({}, answered("tls_expired"), "crit", "tls_expired", "said so"),
        ({}, answered("dns_failure"), "unknown", "dns_failure", "said so"),
        ({}, answered("proxy_failed"), "unknown", "proxy_failed", "said so"),
        ({"from": "host"}, answered("client_missing"), "unknown", "client_missing", "asked from its host"),
    ],
)  # fmt: skip
def test_answers(
    given: dict[str, Any], answer: dict[str, Any], severity: str, reason: str, told: str
) -> None:
    (found,) = check.grade(reading.of_answer(read(url=URL, **given), answer), {})
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert told in found["summary"] and "hunter2" not in found["summary"]
    assert reason == "ok" or reason in check.REASONS


@pytest.mark.parametrize(
    ("body", "done", "severity", "reason"),
    [
        ("", Done(0, "PONG\n", ""), "ok", "ok"),
        ("PONG", Done(0, "PONG\n", ""), "ok", "ok"),
        ("PONG", Done(0, "LOADING\n", ""), "crit", "wrong_body"),
        ("", Done(1, "", "not ready"), "crit", "command_failed"),
        ("", Done(124, "", ""), "crit", "timeout"),
        ("", Done(127, "", "not found"), "unknown", "client_missing"),
    ],
)
def test_commands(body: str, done: Done, severity: str, reason: str) -> None:
    health = read(command=["redis-cli", "ping"], body=body)
    (found,) = check.grade(reading.of_command(health, done, 0.2), {})
    assert (found["severity"], found["reason"]) == (severity, reason)


def test_a_host_that_is_lost_says_nothing_of_its_service() -> None:
    (found,) = check.grade(reading.unreachable(read(url=URL), "no route"), {})
    assert (found["severity"], found["reason"]) == ("unknown", "host_unreachable")


def test_what_is_shown_ends_at_the_question_mark() -> None:
    assert read(url=f"{URL}?shop=7").target == URL
