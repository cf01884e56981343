# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to the API of a cluster, with bounds on every wait. They go out as they are and answers
come in as JSON: the official client's models, and its retries, are not used."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Object,
    Query,
    error,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.plugin_utils import kubernetes_exec
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_login import Login
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_problem import reason

try:
    from urllib3 import Timeout
    from urllib3.exceptions import HTTPError, ProtocolError
except ImportError:
    HAS_URLLIB3 = False  # the login says what is missing, before anything is asked
else:
    HAS_URLLIB3 = True

CONNECT_S, READ_S = 3.0, 10.0
# What all requests of one task may take together, unless it says that it waits for something.
TASK_S = 30.0
# A busy server says when to come back. Two more tries, within a few seconds.
TRIES, LONGEST_PAUSE_S = 3, 3.0
BUSY = (429, 503)
PIECE = 64 * 1024


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


class KubernetesApi:
    """One cluster for one task."""

    def __init__(self, section: Mapping[str, Any]) -> None:
        self._login = Login(section)
        self._deadline = time.monotonic() + TASK_S

    def close(self) -> None:
        self._login.pool.clear()

    def wait_until(self, deadline: float) -> None:
        """For a task that watches the cluster work; on the monotonic clock."""
        self._deadline = deadline

    def get(self, path: str, query: Query | None = None) -> Object:
        return document(self._request("GET", path, query), f"read {path}")

    def text(self, path: str, query: Query | None = None) -> str:
        return self._request("GET", path, query).decode("utf-8", "replace")

    def post(self, path: str, body: Object) -> Object:
        sent = self._request("POST", path, body=body, form="application/json")
        return document(sent, f"post to {path}")

    def patch(self, path: str, body: Object, form: str, dry_run: bool) -> Object:
        query = {"fieldManager": "oncall-runbooks", **({"dryRun": "All"} if dry_run else {})}
        return document(self._request("PATCH", path, query, body, form), f"patch {path}")

    def delete(self, path: str) -> Object:
        return document(self._request("DELETE", path), f"delete {path}")

    def execute(self, path: str, container: str, argv: Sequence[str], stdin: str) -> Done:
        return kubernetes_exec.execute(self._login, path, container, argv, stdin)

    def _request(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Object | None = None,
        form: str = "",
    ) -> bytes:
        doing = f"{method.lower()} {path}"
        place = path + (f"?{urlencode(query)}" if query else "")
        for attempt in range(1, TRIES + 1):
            answer = self._send(method, place, body, form, doing)
            if answer.status < 300:
                return answer.body
            # Turned away before it was looked at; a change is only sent again when that is sure.
            again = answer.status == 429 or (answer.status in BUSY and method == "GET")
            if attempt == TRIES or not again or not self._pause(answer.retry_after):
                break
        raise error(answer.status, answer.body.decode("utf-8", "replace"), doing)

    def _send(self, method: str, place: str, body: Object | None, form: str, doing: str) -> Answer:
        """A connection that lay idle may be closed at the other end: what reads is sent twice then,
        and a change goes out on a new one."""
        if method != "GET":
            self.close()
        try:
            return self._exchange(method, place, body, form, doing)
        except (HTTPError, OSError) as problem:
            if method != "GET" or not isinstance(problem, ProtocolError):
                raise ApiError(f"the API server does not answer: {reason(problem)}") from None
        try:
            return self._exchange(method, place, body, form, doing)
        except (HTTPError, OSError) as problem:
            raise ApiError(f"the API server does not answer: {reason(problem)}") from None

    def _exchange(
        self, method: str, place: str, body: Object | None, form: str, doing: str
    ) -> Answer:
        headers = {"Accept": "application/json", **self._login.headers()}
        content = None if body is None else json.dumps(body).encode()
        if body is not None:
            headers["Content-Type"] = form
        left = self._left(doing)
        answer = self._login.pool.request(
            method,
            f"{self._login.server}{place}",
            body=content,
            headers=headers,
            timeout=Timeout(connect=min(CONNECT_S, left), read=min(READ_S, left)),
            # Nor is the token carried to where a redirect points.
            redirect=False,
            retries=False,
            preload_content=False,
        )
        pieces = []
        try:
            # The bound on reading is one on each piece; one that trickles is bounded here.
            while piece := answer.read1(PIECE):
                pieces.append(piece)
                self._left(doing)
        except BaseException:
            answer.close()
            raise
        return Answer(answer.status, answer.headers.get("Retry-After"), b"".join(pieces))

    def _left(self, doing: str) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ApiError(f"the API server is too slow: no time is left to {doing}")
        return left

    def _pause(self, said: str | None) -> bool:
        seconds = float(said) if said and said.isdigit() else 1.0
        if seconds > LONGEST_PAUSE_S or time.monotonic() + seconds > self._deadline:
            return False
        time.sleep(seconds)
        return True


def document(raw: bytes, doing: str) -> Object:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ApiError(f"what answers is no API server of Kubernetes (to {doing})")
    return answer
