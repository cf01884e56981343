# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to a toncenter API, versions 2 and 3: paced, patient up to a limit, and never told in the server's words.

The first endpoint that answers is used; the others are asked when it fails. Whatever goes wrong
becomes one of REASONS with a text of ours: an answer may repeat the key, and an address may hold one.
"""

from __future__ import annotations

import json
import random
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import http

# What an HTTP status means; 4xx that no other endpoint would answer differently come first.
ASKED_WRONGLY = {
    400: ("bad_parameter", "it does not take what was asked"),
    404: ("not_found", "it does not have what was asked for, or not this method"),
    405: ("no_method", "it does not have this method"),
    409: ("wrong_contract", "the contract is no jetton"),
    416: ("bad_parameter", "it does not take what was asked"),
    422: ("bad_parameter", "it does not take what was asked"),
}
STATUSES = {
    **ASKED_WRONGLY,
    401: ("key_unknown", "it does not know the API key"),
    403: ("key_other_network", "the API key is not for this network"),
    429: ("rate_limited", "it limits the rate of requests"),
    500: ("server_error", "it failed (500)"),
    502: ("gateway_error", "the proxy before it failed (502)"),
    503: ("gateway_error", "it is not available (503)"),
    504: ("liteserver_timeout", "its liteserver did not answer in time"),
    542: ("liteserver_error", "its liteserver failed"),
}
TEXTS = {
    "timeout": "it did not answer in time",
    "connection_refused": "the connection was refused",
    "reset": "the connection was cut off",
    "unreachable": "it cannot be reached",
    "dns_failure": "its name is not known here",
    "tls_expired": "its certificate has expired",
    "tls_failed": "its certificate is not trusted",
    "proxy_failed": "the proxy of the environment failed",
    "too_large": "its answer is too large",
    "bad_answer": "its answer is not what the API answers",
    "failed_status": "it answers with an unknown status",
    "contract_failed": "the method of the contract failed",
    "budget_spent": "the time for all questions is over",
}
REASONS = tuple(dict.fromkeys([*(reason for reason, _text in STATUSES.values()), *TEXTS]))
# A contract that fails, or a question that is wrong, is so everywhere.
FINAL = (*(reason for reason, _text in ASKED_WRONGLY.values()), "contract_failed")
# Without a key one request a second, with one ten. Of the second a little is left over for clocks.
RATES = {True: 10.0, False: 1.0}
ANSWER_MAX = 4 * 1024 * 1024
EACH_S = 10.0
ROUNDS = 3


class Problem(Exception):
    """Why there is no answer: one of REASONS, and a text of ours."""

    def __init__(self, reason: str, message: str, endpoint: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.endpoint = endpoint

    def told(self) -> dict[str, str]:
        return {"reason": self.reason, "message": self.message, "endpoint": self.endpoint}


def problem(reason: str, endpoint: str, text: str = "") -> Problem:
    where = place(endpoint)
    return Problem(reason, f"{where}: {text or TEXTS[reason]}", where)


def place(endpoint: str) -> str:
    """As it may be shown: a path or a query may hold a key."""
    parts = urllib.parse.urlsplit(endpoint)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}"


@dataclass
class Counted:
    """What the questions took, for whoever wants to know."""

    requests: int = 0
    limited: int = 0
    waited_s: float = 0.0
    used: str = ""  # the endpoint that answered last
    problems: list[dict[str, str]] = field(default_factory=list)  # of those that did not


@dataclass
class Client:
    endpoints: Sequence[str]
    key: str = field(default="", repr=False)
    budget_s: float = 60.0
    per_second: float | None = None
    fetch: Callable[..., Mapping[str, Any]] = http.fetch
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] = lambda _text: None
    counted: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        self.ends = self.now() + self.budget_s
        self.next_at: dict[str, float] = {}
        self.rate = self.per_second or RATES[bool(self.key)]
        self.home = self.endpoints[0]

    def on(self, *endpoints: str) -> Client:
        """The same, with the same time and the same pace, of these endpoints only."""
        other = replace(self, endpoints=endpoints)
        other.ends, other.next_at, other.home = self.ends, self.next_at, self.home
        return other

    def get(self, version: str, method: str, pairs: Sequence[tuple[str, Any]] = ()) -> Any:
        query = urllib.parse.urlencode([(name, str(value)) for name, value in pairs])
        return self._ask(version, "GET", method + (f"?{query}" if query else ""), "")

    def post(self, version: str, method: str, body: Mapping[str, Any]) -> Any:
        return self._ask(version, "POST", method, json.dumps(body))

    def _ask(self, version: str, verb: str, path: str, data: str) -> Any:
        """Each endpoint in turn, and all of them again: most faults of a liteserver last a moment."""
        last: Problem | None = None
        for turn in range(ROUNDS):
            for endpoint in self.endpoints:
                try:
                    found = self._from(endpoint, version, verb, path, data)
                except Problem as failed:
                    self.counted.problems.append(failed.told())
                    if failed.reason in FINAL:
                        raise
                    if failed.reason == "budget_spent":
                        raise last or failed from None
                    last = failed
                else:
                    self.counted.used = place(endpoint)
                    return found
            pause = min(4.0, 0.25 * 2**turn)
            if last is None or not passing(last.reason) or self.now() + pause > self.ends:
                break
            self._wait(pause, self.endpoints[0])
        raise last or problem("budget_spent", self.endpoints[0])

    def _from(self, endpoint: str, version: str, verb: str, path: str, data: str) -> Any:
        """One endpoint, as often as it only says that we are too fast."""
        again = 0
        while True:
            self._pace(endpoint)
            answer = self._send(endpoint, version, verb, path, data)
            # From the answer on: what was sent may have been long on its way, and the provider counts arrivals.
            self.next_at[endpoint] = self.now() + 1.0 / self.rate
            if answer["reason"] == "ok" and answer["status"] == 429:
                again += 1
                self.counted.limited += 1
                self._too_fast(endpoint, answer, again)
                continue
            return judged(answer, version, endpoint)

    def _send(
        self, endpoint: str, version: str, verb: str, path: str, data: str
    ) -> Mapping[str, Any]:
        left = self.ends - self.now()
        if left <= 0:
            raise problem("budget_spent", endpoint)
        headers = {"Accept": "application/json"}
        if data:
            headers["Content-Type"] = "application/json"
        if self.key and same_host(endpoint, self.home):
            headers["X-API-Key"] = self.key  # and never to anybody else
        self.counted.requests += 1
        url = f"{endpoint}/api/{version}/{path}"
        # A redirect is an answer here: nobody is told the key or the question by it.
        return self.fetch(
            url, list(http.REDIRECTS), min(EACH_S, left), verb, data, headers, most=ANSWER_MAX
        )

    def _pace(self, endpoint: str) -> None:
        self._wait(self.next_at.get(endpoint, 0.0) - self.now(), endpoint)

    def _too_fast(self, endpoint: str, answer: Mapping[str, Any], again: int) -> None:
        """As long as it asks for, else longer each time; others share the limit, so not all at once."""
        asked = retry_after(answer)
        seconds = asked if asked is not None else min(8.0, 2.0 ** (again - 1) / self.rate)
        jitter = 0.1 * random.random() / self.rate
        if self.now() + seconds > self.ends or (again > 1 and len(self.endpoints) > 1):
            raise problem("rate_limited", endpoint, STATUSES[429][1])
        self.progress(f"{place(endpoint)} limits the rate: {seconds:.1f} s until the next request")
        self._wait(seconds + jitter, endpoint)

    def _wait(self, seconds: float, endpoint: str) -> None:
        if seconds <= 0:
            return
        if self.now() + seconds > self.ends:
            raise problem("budget_spent", endpoint)
        self.counted.waited_s += seconds
        self.sleep(seconds)


def passing(reason: str) -> bool:
    """What may be over in a moment; a key, a name or a certificate is not."""
    return reason in (
        *(
            "rate_limited",
            "server_error",
            "gateway_error",
            "liteserver_timeout",
            "liteserver_error",
        ),
        *("timeout", "reset", "connection_refused", "unreachable"),
    )


def same_host(one: str, other: str) -> bool:
    first, second = urllib.parse.urlsplit(one), urllib.parse.urlsplit(other)
    return (first.scheme, first.netloc) == (second.scheme, second.netloc)


def retry_after(answer: Mapping[str, Any]) -> float | None:
    """From the header, or as Telegram-like APIs put it into the answer."""
    text = str(answer.get("retry_after") or "")
    if text.isdigit():
        return float(text)
    try:
        told = json.loads(answer["body"])["parameters"]["retry_after"]
        return max(0.0, float(told))
    except (ValueError, KeyError, TypeError):
        return None


def judged(answer: Mapping[str, Any], version: str, endpoint: str) -> Any:
    """The result, or why there is none. The HTTP status decides: texts lie in several places."""
    if answer["reason"] != "ok":
        reason = answer["reason"] if answer["reason"] in TEXTS else "bad_answer"
        raise problem(reason, endpoint)
    status = answer["status"]
    if status in STATUSES:
        reason, text = STATUSES[status]
        if status == 500 and "exit code" in str(answer["body"]).lower():
            raise problem("contract_failed", endpoint)
        raise problem(reason, endpoint, text)
    if status != 200:
        raise problem("failed_status", endpoint)
    try:
        document = json.loads(answer["body"])
    except (ValueError, RecursionError):
        raise problem("bad_answer", endpoint) from None
    if not isinstance(document, dict):
        raise problem("bad_answer", endpoint)
    if version == "v3":
        if "error" in document:
            raise problem("server_error", endpoint, "it answers an error with status 200")
        return document
    if document.get("ok") is not True or "result" not in document:
        code = document.get("code")
        reason, text = STATUSES.get(
            code if isinstance(code, int) else 0, ("bad_answer", TEXTS["bad_answer"])
        )
        raise problem(reason, endpoint, text)
    return document["result"]
