# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One call of the Bot API within a budget of time. What goes wrong is told in words of our own.

The token is part of every address, so nothing that a library says of one is ever passed on.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.rules import API

BUDGET_S = 30
# Of one call; getWebhookInfo answers within milliseconds.
CALL_S = 10
HIDDEN = "***"
REASONS = {
    "bad_token": "Telegram refuses the token: it was revoked, or mistyped; BotFather's /token tells the present one",
    "not_found": "no Bot API answers for this token there; look at base_url and at the token",
    "conflict": "another call for the same bot is under way, or another program uses its token",
    "server_error": "the Bot API answers with an error of its own",
    "redirected": "it redirects, which the Bot API never does; look at base_url",
    "bad_answer": "what answers is no Bot API; look at base_url",
    "too_large": "what answers is no Bot API; look at base_url",
    "timeout": "the Bot API does not answer in time",
    "connection_refused": "the connection to the Bot API was refused",
    "reset": "the connection to the Bot API was cut off",
    "unreachable": "the Bot API cannot be reached",
    "tls_failed": "the certificate of the Bot API is not trusted; a server of one's own has its CA in ca_file",
    "tls_expired": "the certificate of the Bot API has expired",
    "dns_failure": "the name of the Bot API is not known here; look at the resolver",
    "proxy_failed": "the proxy of the environment does not lead to the Bot API",
}
STATUSES = {401: "bad_token", 403: "bad_token", 404: "not_found", 409: "conflict"}
# The call may have had its effect all the same.
IN_DOUBT = ("timeout", "reset", "server_error", "bad_answer", "too_large")
# It is worth another try.
PASSING = (*IN_DOUBT, "connection_refused", "unreachable", "dns_failure", "proxy_failed")


class Budget:
    """All the time there is for a task, waiting included."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ends = clock() + seconds
        self.clock = clock
        self.sleep = sleep

    @property
    def left(self) -> float:
        return max(0.0, self.ends - self.clock())


class Api:
    """A bot's own part of the Bot API. Its repr holds no token."""

    def __init__(
        self,
        token: str,
        budget: Budget,
        base_url: str = API,
        ca_file: str = "",
        secrets: Sequence[str] = (),
        fetch: Callable[..., Mapping[str, Any]] = http.fetch,
    ) -> None:
        self._token = token
        self._address = f"{base_url}/bot{token}"
        self._ca_file = ca_file
        self._secrets = (token, token.partition(":")[2], *secrets)
        self._fetch = fetch
        self.budget = budget

    def __repr__(self) -> str:
        return "Api(***)"

    def call(
        self,
        method: str,
        fields: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Any:
        """The result; Refused with one of REASONS, rate_limited or bad_request."""
        while True:
            answer = self._asked(method, fields or {}, files or {})
            wait = retry_after(answer)
            if wait is None:
                return self._result(answer)
            if wait >= self.budget.left:
                left = int(self.budget.left)
                raise refused(
                    "rate_limited",
                    f"too many requests: Telegram asks to wait {wait} s, and {left} s are left; run this again then",
                )
            self.budget.sleep(wait)

    def _asked(
        self, method: str, fields: Mapping[str, str], files: Mapping[str, str]
    ) -> Mapping[str, Any]:
        seconds = min(CALL_S, self.budget.left)
        if seconds <= 0:
            raise known("timeout")
        kind, data = encoded(fields, files)
        headers = {"Content-Type": kind} if data else {}
        try:
            # A redirect that is named is not followed: nobody else is told the token.
            return self._fetch(
                f"{self._address}/{method}",
                list(http.REDIRECTS),
                seconds,
                "POST",
                data,
                headers,
                self._ca_file,
            )
        except Exception:
            # Whatever it is, its text may hold the address.
            raise known("bad_answer") from None

    def _result(self, answer: Mapping[str, Any]) -> Any:
        reason, status = str(answer["reason"]), answer["status"]
        if reason != "ok":
            raise known(reason if reason in REASONS else "unreachable")
        if status in http.REDIRECTS:
            raise known("redirected")
        document = parsed(answer["body"])
        if status in STATUSES:
            raise known(STATUSES[status])
        if status is None or status >= 500:
            raise known("server_error")
        if not isinstance(document, dict) or "ok" not in document:
            raise known("bad_answer")
        if document["ok"] is not True:
            said = self.clean(str(document.get("description") or "no reason given"))
            raise refused("bad_request", f"Telegram refuses the call: {said}")
        return document.get("result")

    def clean(self, text: str) -> str:
        return cleaned(text, self._secrets)


def cleaned(text: str, secrets: Sequence[str]) -> str:
    """One bounded line without a secret, however it may be written in an address."""
    for one in secrets:
        if one:
            for form in (one, urllib.parse.quote(one, safe=""), urllib.parse.quote_plus(one)):
                text = text.replace(form, HIDDEN)
    return str(excerpt(text))


def known(reason: str) -> Refused:
    return refused(reason, REASONS[reason])


def refused(reason: str, message: str) -> Refused:
    return Refused(Refusal(reason, message))


def parsed(body: object) -> Any:
    try:
        return json.loads(str(body))
    except ValueError:
        return None


def retry_after(answer: Mapping[str, Any]) -> int | None:
    """How long a 429 asks to wait; a second where it does not say."""
    if answer["status"] != 429:
        return None
    document = parsed(answer["body"])
    parameters = document.get("parameters") if isinstance(document, dict) else None
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return seconds if isinstance(seconds, int) and 0 < seconds < 10**6 else 1


def encoded(fields: Mapping[str, str], files: Mapping[str, str]) -> tuple[str, str]:
    """A form; one of several parts where a file is among it."""
    if not files:
        return "application/x-www-form-urlencoded", urllib.parse.urlencode(dict(fields))
    mark = f"oncall{uuid.uuid4().hex}"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts += [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.pem"\r\n'
        f"Content-Type: application/x-pem-file\r\n\r\n{value}\r\n"
        for name, value in files.items()
    ]
    return f"multipart/form-data; boundary={mark}", "".join([*parts, f"--{mark}--\r\n"])
