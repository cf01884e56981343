# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each way a call can end, told in words of our own; and how long it may take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import client

TOKEN = "4242:AAHcanary_canary-canary_canary-canary1"
SECRET = "canary-secret"
QUOTED = TOKEN.replace(":", "%3A")


class Clock:
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Wire:
    """What comes back, one after the other; and what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Any, ...]] = []

    def __call__(self, *given: Any) -> dict[str, Any]:
        self.asked.append(given)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def answer(status: int, document: Any) -> dict[str, Any]:
    body = document if isinstance(document, str) else json.dumps(document)
    return {"reason": "ok", "message": "", "status": status, "body": body, "seconds": 0.1}


def broken(reason: str) -> dict[str, Any]:
    text = f"https://api.telegram.org/bot{TOKEN}/getMe"
    return {"reason": reason, "message": text, "status": None, "body": "", "seconds": 0.1}


def too_many(seconds: object) -> dict[str, Any]:
    return answer(429, {"ok": False, "error_code": 429, "parameters": {"retry_after": seconds}})


def api(wire: Wire, clock: Clock, seconds: float = 30) -> client.Api:
    budget = client.Budget(seconds, clock, clock.sleep)
    return client.Api(TOKEN, budget, secrets=[SECRET], fetch=wire)


OK = answer(200, {"ok": True, "result": {"id": 4242}})


def test_a_call() -> None:
    wire = Wire(OK)
    assert api(wire, Clock()).call("getMe", {"a": "b c"}) == {"id": 4242}
    ((url, followed_not, seconds, method, data, headers, ca_file),) = wire.asked
    assert url == f"https://api.telegram.org/bot{TOKEN}/getMe"
    assert (method, data, seconds, ca_file) == ("POST", "a=b+c", 10, "")
    assert 307 in followed_not and headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert TOKEN not in repr(api(wire, Clock()))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer(401, {"ok": False, "description": f"Unauthorized {TOKEN}"}), "bad_token"),
        (answer(404, {"ok": False, "description": f"Not Found {TOKEN}"}), "not_found"),
        (answer(409, {"ok": False, "description": "Conflict"}), "conflict"),
        (answer(400, {"ok": False, "description": f"Bad Request: {TOKEN} {SECRET} {QUOTED}"}), "bad_request"),
        (answer(502, f"<html>{TOKEN}</html>"), "server_error"),
        (answer(200, f"<html>{TOKEN}</html>"), "bad_answer"),
        (answer(200, "[]"), "bad_answer"),
        (answer(200, {"result": TOKEN}), "bad_answer"),
        (answer(307, ""), "redirected"),
        *((broken(reason), reason) for reason in ("timeout", "tls_failed", "dns_failure", "connection_refused")),
        (broken("something new"), "unreachable"),
        (RuntimeError(f"https://api.telegram.org/bot{TOKEN}"), "bad_answer"),
    ],
)  # fmt: skip
def test_what_goes_wrong(given: Any, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        api(Wire(given), Clock()).call("getMe")
    refusal = caught.value.refusal
    assert refusal.reason == reason and "canary" not in f"{refusal}{caught.value!r}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        ([too_many(3), OK], [3]),
        ([too_many(3), too_many(4), OK], [3, 4]),
        ([too_many("soon"), OK], [1]),
        ([answer(429, "<html>"), OK], [1]),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to(answers: list[Any], slept: list[float]) -> None:
    clock = Clock()
    assert api(Wire(*answers), clock).call("getMe") == {"id": 4242}
    assert clock.slept == slept


def test_it_does_not_wait_for_longer_than_there_is_time() -> None:
    clock = Clock()
    with pytest.raises(Refused, match="asks to wait 30 s, and 10 s are left") as caught:
        api(Wire(too_many(30)), clock, 10).call("getMe")
    assert caught.value.refusal.reason == "rate_limited" and clock.slept == []


def test_all_calls_share_the_time() -> None:
    clock = Clock()
    wire = Wire(OK, OK)
    bot = api(wire, clock, 12)
    bot.call("getMe")
    clock.now = 9.0
    bot.call("getMe")
    assert [asked[2] for asked in wire.asked] == [10, 3.0]
    clock.now = 12.0
    with pytest.raises(Refused, match="does not answer in time"):
        bot.call("getMe")
    assert len(wire.asked) == 2


def test_a_file_is_sent_in_parts() -> None:
    kind, data = client.encoded({"url": "https://a.example/ü&="}, {"certificate": "-----BEGIN"})
    mark = kind.partition("boundary=")[2]
    assert data.count(mark) == 3 and "https://a.example/ü&=" in data and "-----BEGIN" in data
