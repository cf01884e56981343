# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a question is asked: which endpoint, how fast, how long, and what is said when nothing comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import (
    REASONS,
    Client,
    Problem,
)

FIRST, SECOND = "https://one.example.org", "https://two.example.org"
KEY = "a-key-that-nobody-may-see"
GOOD = (200, {"ok": True, "result": 7})


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


class Net:
    """Answers by endpoint, in turn; the last one stays."""

    def __init__(self, clock: Clock, **answers: Iterable[Any]) -> None:
        self.clock = clock
        self.answers = {name: list(given) for name, given in answers.items()}
        self.asked: list[dict[str, Any]] = []

    def fetch(
        self, url: str, statuses: Any, seconds: float, verb: str, data: str, headers: Any, most: int
    ) -> Any:
        self.asked.append({"url": url, "headers": headers, "at": self.clock.at, "seconds": seconds})
        left = self.answers["one" if url.startswith(FIRST) else "two"]
        told = left[0] if len(left) == 1 else left.pop(0)
        empty = {"reason": "ok", "message": "", "status": None, "body": "", "retry_after": ""}
        if isinstance(told, str):
            return {**empty, "reason": told, "message": f"{url} {KEY}"}
        status, body, *later = told
        text = body if isinstance(body, str) else json.dumps(body)
        return {**empty, "status": status, "body": text, "retry_after": later[0] if later else ""}


def client(
    *endpoints: str, budget: float = 60, key: str = "", **answers: Iterable[Any]
) -> tuple[Client, Net]:
    clock = Clock()
    net = Net(clock, **answers)
    made = Client(endpoints or (FIRST,), key, budget, None, net.fetch, clock.now, clock.sleep)
    return made, net


def reason(made: Client, version: str = "v2") -> str:
    with pytest.raises(Problem) as caught:
        made.get(version, "getMasterchainInfo")
    assert KEY not in str(caught.value) and caught.value.reason in REASONS
    return caught.value.reason


ERROR = {"ok": False, "error": f"no {KEY}", "code": 0}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, ERROR), "key_unknown"),
        ((403, ERROR), "key_other_network"),
        ((404, ERROR), "not_found"),
        ((405, ERROR), "no_method"),
        ((409, ERROR), "wrong_contract"),
        ((400, ERROR), "bad_parameter"),
        ((416, ERROR), "bad_parameter"),
        ((422, ERROR), "bad_parameter"),
        ((500, ERROR), "server_error"),
        ((500, {"ok": False, "error": "Exit code 11 != 0", "code": 500}), "contract_failed"),
        ((502, "<html>502</html>"), "gateway_error"),
        ((503, "busy"), "gateway_error"),
        ((504, ERROR), "liteserver_timeout"),
        ((542, ERROR), "liteserver_error"),
        ((418, "tea"), "failed_status"),
        ((302, ""), "failed_status"),
        ((200, "<html>fine</html>"), "bad_answer"),
        ((200, '{"ok": true, "resu'), "bad_answer"),
        ((200, "[]"), "bad_answer"),
        ((200, "[" * 100000), "bad_answer"),
        ((200, {"ok": True}), "bad_answer"),
        ((200, {"ok": False, "error": "x", "code": 504}), "liteserver_timeout"),
        ((200, {"ok": False, "error": "x"}), "bad_answer"),
        ("timeout", "timeout"),
        ("tls_failed", "tls_failed"),
        ("tls_expired", "tls_expired"),
        ("connection_refused", "connection_refused"),
        ("redirect_loop", "bad_answer"),
    ],
)
def test_each_failure_has_a_name_and_a_text_of_ours(answer: Any, expected: str) -> None:
    assert reason(client(one=[answer])[0]) == expected


def test_an_error_of_version_3_has_no_ok() -> None:
    assert client(one=[(200, {"last": {}})])[0].get("v3", "masterchainInfo") == {"last": {}}
    assert reason(client(one=[(200, {"error": "x"})])[0], "v3") == "server_error"


@pytest.mark.parametrize("name", ["error", "result"])
def test_a_limited_rate_is_waited_for(name: str) -> None:
    """TN01; the text lies under one name or the other."""
    limited = (429, {"ok": False, name: "Ratelimit exceeded", "code": 429})
    made, net = client(one=[limited, limited, GOOD])
    assert made.get("v2", "getMasterchainInfo") == 7
    gaps = [two["at"] - one["at"] for one, two in zip(net.asked, net.asked[1:], strict=False)]
    assert gaps[0] >= 1 and gaps[1] >= 2, "longer each time"
    assert made.counted.limited == 2


@pytest.mark.parametrize("told", [(429, "", "5"), (429, {"parameters": {"retry_after": 5}})])
def test_what_it_asks_for_is_honoured(told: Any) -> None:
    made, net = client(one=[told, GOOD])
    made.get("v2", "getMasterchainInfo")
    assert 5 <= net.asked[1]["at"] - net.asked[0]["at"] < 6


def test_a_wait_that_does_not_fit_is_not_begun() -> None:
    made, net = client(one=[(429, "", "600")], budget=30)
    assert reason(made) == "rate_limited"
    assert net.clock.at < 30


def test_without_end_it_ends() -> None:
    made, net = client(one=[(429, "")], budget=30)
    assert reason(made) == "rate_limited"
    assert net.clock.at <= 30 and len(net.asked) < 15


def test_questions_are_paced() -> None:
    for key, gap in (("", 1.0), (KEY, 0.1)):
        made, net = client(one=[GOOD], key=key)
        for _each in range(5):
            made.get("v2", "getMasterchainInfo")
        assert net.asked[4]["at"] == pytest.approx(4 * gap)


def test_the_next_endpoint_is_asked_when_one_fails() -> None:
    made, _net = client(FIRST, SECOND, one=["timeout"], two=[GOOD])
    assert made.get("v2", "getMasterchainInfo") == 7
    assert made.counted.used == "two.example.org"
    assert [one["reason"] for one in made.counted.problems] == ["timeout"]


def test_a_wrong_question_is_asked_once() -> None:
    made, net = client(FIRST, SECOND, one=[(422, ERROR)], two=[GOOD])
    assert reason(made) == "bad_parameter"
    assert len(net.asked) == 1


def test_a_fault_that_passes_is_waited_out() -> None:
    made, _net = client(one=[(504, ERROR), (504, ERROR), GOOD])
    assert made.get("v2", "getMasterchainInfo") == 7


def test_the_key_goes_to_the_first_endpoint_only_and_into_a_header() -> None:
    made, net = client(FIRST, SECOND, one=["reset"], two=[GOOD], key=KEY)
    made.get("v2", "getMasterchainInfo")
    assert [one["headers"].get("X-API-Key") for one in net.asked] == [KEY, None]
    assert all(KEY not in one["url"] for one in net.asked)
    made.on(SECOND).get("v2", "getMasterchainInfo")
    assert "X-API-Key" not in net.asked[-1]["headers"]
    assert KEY not in repr(made)
