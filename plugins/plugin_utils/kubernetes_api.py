# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API of a cluster, as its kubeconfig or the account of a pod names it, with bounds on every wait."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    access,
    frames,
    kubeconfig,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Object,
    Query,
    error,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.plugin_utils import websocket
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_connection import (
    Connector,
    reason,
)

CONNECT_S, READ_S = 3.0, 10.0
# What all requests of one task may take together, unless it says that it waits for something.
TASK_S = 30.0
# A busy server says when to come back. Two more tries, within a few seconds.
TRIES, LONGEST_PAUSE_S = 3, 3.0
EXEC_S = 60.0
BUSY = (429, 503)
BROKEN = (OSError, http.client.HTTPException)
Section = Mapping[str, Any]


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


class KubernetesApi:
    """One cluster for one task."""

    def __init__(self, section: Section) -> None:
        self._connector = Connector(access_of(section))
        self._deadline = time.monotonic() + TASK_S
        self._idle: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._idle:
            self._idle.close()
        self._idle = None

    def wait_until(self, deadline: float) -> None:
        """For a task that watches the cluster work; on the monotonic clock."""
        self._deadline = deadline

    def begin_anew(self) -> None:
        """For a task that reads again and again: each reading has the time of a task."""
        self._deadline = max(self._deadline, time.monotonic() + TASK_S)

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

    def _request(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Object | None = None,
        form: str = "",
    ) -> bytes:
        doing = f"{method.lower()} {path}"
        place = f"{self._connector.base}{path}" + (f"?{urlencode(query)}" if query else "")
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
        """A connection that lay idle may be closed at the other end: only what reads is sent twice."""
        reused = self._idle if method == "GET" else None
        self._idle = None if reused else self._idle
        if reused:
            try:
                return self._exchange(reused, method, place, body, form, doing)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
            except BROKEN as problem:
                raise self._broken(problem) from None
        try:
            self.close()
            made = self._connector.open(min(CONNECT_S, self._left(doing)))
            return self._exchange(made, method, place, body, form, doing)
        except BROKEN as problem:
            raise self._broken(problem) from None

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        place: str,
        body: Object | None,
        form: str,
        doing: str,
    ) -> Answer:
        headers = {"Accept": "application/json", **self._connector.headers()}
        content = None if body is None else json.dumps(body).encode()
        if body is not None:
            headers["Content-Type"] = form
        try:
            connection.sock.settimeout(min(READ_S, self._left(doing)))
            connection.request(method, place, body=content, headers=headers)
            answer = connection.getresponse()
            told = Answer(answer.status, answer.headers.get("Retry-After"), answer.read())
        except BaseException:
            connection.close()
            raise
        # Some close after each answer.
        self._idle = connection if connection.sock else None
        return told

    def _left(self, doing: str) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ApiError(f"the API server is too slow: no time is left to {doing}")
        return left

    def _broken(self, problem: BaseException) -> ApiError:
        self.close()
        return ApiError(f"the API server does not answer: {reason(problem)}")

    def _pause(self, said: str | None) -> bool:
        seconds = float(said) if said and said.isdigit() else 1.0
        if seconds > LONGEST_PAUSE_S or time.monotonic() + seconds > self._deadline:
            return False
        time.sleep(seconds)
        return True

    def execute(self, path: str, container: str, argv: Sequence[str], stdin: str) -> Done:
        """A command in a pod. Its words stand in the audit log of the cluster; its input does not."""
        words = [("command", word) for word in argv]
        streams = {"container": container, "stdin": "true", "stdout": "true", "stderr": "true"}
        place = f"{self._connector.base}{path}?{urlencode([*streams.items(), *words])}"
        opened = self._websocket(place, f"run a command in {path}")
        try:
            return converse(opened, stdin, time.monotonic() + EXEC_S)
        finally:
            opened.close()

    def _websocket(self, place: str, doing: str) -> websocket.WebSocket:
        headers = {"Sec-WebSocket-Protocol": frames.PROTOCOL, **self._connector.headers()}
        try:
            connection = self._connector.open(CONNECT_S)
            connection.sock.settimeout(READ_S)
            return websocket.opened(connection, place, headers)
        except websocket.Turned as turned:
            raise error(turned.status, turned.body, doing) from None
        except BROKEN as problem:
            raise self._broken(problem) from None


def converse(opened: websocket.WebSocket, stdin: str, deadline: float) -> Done:
    """Send the input, and take what comes until the cluster says how the command ended."""
    streams = frames.Streams()
    try:
        for message in frames.messages(stdin):
            opened.send(message)
        while not streams.status:
            opened.settimeout(max(0.1, deadline - time.monotonic()))
            streams.take(opened.receive())
            if time.monotonic() > deadline:
                raise TimeoutError
    except TimeoutError:
        raise ApiError(f"the command did not end within {EXEC_S:.0f} s") from None
    except websocket.Closed:
        raise ApiError("the connection to the pod ended before the command did") from None
    except BROKEN as problem:
        raise ApiError(f"the connection to the pod broke: {reason(problem)}") from None
    return streams.done()


def document(raw: bytes, doing: str) -> Object:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ApiError(f"what answers is no API server of Kubernetes (to {doing})")
    return answer


def access_of(section: Section) -> access.Access:
    """From the catalog's kubeconfig and context, else as kubectl finds them, else from inside."""
    files = kubeconfig.files(section, os.environ)
    if not files:
        return access.of_pod(os.environ)
    try:
        contents = [(file, kubeconfig.content_of("kubeconfig", file)) for file in files]
    except InputError as problem:
        raise ApiError(str(problem)) from None
    return access.of_files(contents, section.get("context"))


class Clusters:
    """The clusters of one task, each connected to when it is first asked for."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, Any], KubernetesApi] = {}

    def begin_anew(self) -> None:
        for api in self._open.values():
            api.begin_anew()

    def api(self, section: Section) -> KubernetesApi:
        key = (section.get("kubeconfig"), section.get("context"))
        if key not in self._open:
            self._open[key] = KubernetesApi(section)
        return self._open[key]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
