# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API of a cluster: made from a kubeconfig or from inside the cluster, with bounds on every wait.

Requests go out as they are and answers come in as JSON: the client's own models are not used, nor
its retries, with which a server that hangs would hold a runbook for minutes.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
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

CONNECT_S, READ_S = 3.0, 10.0
# What all requests of one task may take together, unless it says that it waits for something.
TASK_S = 30.0
# A busy server says when to come back. Two more tries, within a few seconds.
TRIES, LONGEST_PAUSE_S = 3, 3.0
EXEC_S = 60.0
BUSY = (429, 503)
HOW_TO_INSTALL = "the package kubernetes is not installed for the Python that runs Ansible: pip install kubernetes"
Section = Mapping[str, Any]


class KubernetesApi:
    """One cluster for one task. What it wrote to disk is gone when it is closed."""

    def __init__(self, section: Section) -> None:
        # The client writes certificates and keys of a kubeconfig to files, and a worker of Ansible
        # ends without cleaning up after it.
        self._folder = tempfile.TemporaryDirectory(prefix="oncall-runbooks-")
        self._deadline = time.monotonic() + TASK_S
        try:
            self._configuration = configuration(section, self._folder.name)
            self._pool = pool(self._configuration)
        except BaseException:
            self._folder.cleanup()
            raise

    def close(self) -> None:
        self._pool.clear()
        forget_files()
        self._folder.cleanup()

    def wait_until(self, deadline: float) -> None:
        """For a task that watches the cluster work; on the monotonic clock."""
        self._deadline = deadline

    def get(self, path: str, query: Query | None = None) -> Object:
        return document(self._request("GET", path, query), f"read {path}")

    def text(self, path: str, query: Query | None = None) -> str:
        return self._request("GET", path, query).decode("utf-8", "replace")

    def post(self, path: str, body: Object) -> Object:
        return document(
            self._request("POST", path, body=body, form="application/json"), f"post to {path}"
        )

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
        url = f"{self._configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")
        # Asked for each request: a token of a cluster runs out.
        headers = {"Accept": "application/json", **authorization(self._configuration)}
        if body is not None:
            headers["Content-Type"] = form
        for attempt in range(1, TRIES + 1):
            answer = self._send(method, url, headers, body, doing)
            if answer.status < 300:
                return bytes(answer.data)
            # Turned away before it was looked at; a change is only sent again when that is sure.
            again = answer.status == 429 or (answer.status in BUSY and method == "GET")
            if attempt == TRIES or not again or not self._pause(answer.headers.get("Retry-After")):
                break
        raise error(answer.status, answer.data.decode("utf-8", "replace"), doing)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: Object | None, doing: str
    ) -> Any:
        import urllib3

        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ApiError(f"the API server is too slow: no time is left to {doing}")
        timeout = urllib3.Timeout(connect=min(CONNECT_S, left), read=min(READ_S, left))
        content = None if body is None else json.dumps(body).encode()
        try:
            return self._pool.request(
                method, url, body=content, headers=dict(headers), timeout=timeout, retries=False
            )
        except urllib3.exceptions.HTTPError as problem:
            raise ApiError(f"the API server does not answer: {worded(problem)}") from None

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
        query = urlencode([*streams.items(), *words])
        host = self._configuration.host.replace("http", "ws", 1)
        socket = self._socket(f"{host}{path}?{query}", f"run a command in {path}")
        try:
            return converse(socket, stdin, time.monotonic() + EXEC_S)
        finally:
            socket.close(timeout=1)

    def _socket(self, url: str, doing: str) -> Any:
        import websocket
        from kubernetes.stream.ws_client import create_websocket

        headers = {"sec-websocket-protocol": frames.PROTOCOL, **authorization(self._configuration)}
        before = websocket.getdefaulttimeout()
        websocket.setdefaulttimeout(READ_S)
        try:
            return create_websocket(self._configuration, url, headers)
        except websocket.WebSocketBadStatusException as problem:
            body = (problem.resp_body or b"").decode("utf-8", "replace")
            raise error(problem.status_code, body, doing) from None
        except (websocket.WebSocketException, OSError) as problem:
            raise ApiError(f"the API server does not answer: {worded(problem)}") from None
        finally:
            websocket.setdefaulttimeout(before)


def converse(socket: Any, stdin: str, deadline: float) -> Done:
    """Send the input, and take what comes until the cluster says how the command ended."""
    import websocket

    streams = frames.Streams()
    try:
        for message in frames.messages(stdin):
            socket.send_binary(message)
        while not streams.status:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ApiError(f"the command did not end within {EXEC_S:.0f} s")
            socket.settimeout(left)
            opcode, data = socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            streams.take(data)
    except websocket.WebSocketTimeoutException:
        raise ApiError(f"the command did not end within {EXEC_S:.0f} s") from None
    except (websocket.WebSocketException, OSError) as problem:
        if not streams.status:
            raise ApiError(f"the connection to the pod broke: {worded(problem)}") from None
    if not streams.status:
        raise ApiError("the connection to the pod ended before the command did")
    return streams.done()


def document(raw: bytes, doing: str) -> Object:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ApiError(f"what answers is no API server of Kubernetes (to {doing})")
    return answer


def worded(problem: Exception) -> str:
    """The cause at the bottom, without the objects that the libraries print around it."""
    cause: BaseException = problem
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    reason = getattr(problem, "reason", None)
    text = str(getattr(cause, "strerror", None) or cause or reason or type(problem).__name__)
    return text.rpartition(">: ")[2][:200]


def configuration(section: Section, folder: str) -> Any:
    """From the catalog's kubeconfig and context, else as kubectl finds them, else from inside."""
    try:
        from kubernetes import config
        from kubernetes.client import Configuration
    except ImportError:
        raise ApiError(HOW_TO_INSTALL, "client_missing") from None
    made = Configuration()
    files = kubeconfig.files(section, os.environ)
    try:
        if files:
            config.load_kube_config(
                config_file=os.pathsep.join(map(str, files)),
                context=section.get("context"),
                client_configuration=made,
                persist_config=False,
                temp_file_path=folder,
            )
        else:
            config.load_incluster_config(client_configuration=made)
    except (config.ConfigException, OSError, ValueError) as problem:
        raise ApiError(f"no kubeconfig that can be used: {str(problem)[:200]}") from None
    return made


def pool(made: Any) -> Any:
    """The connections, with the certificates and the proxy that the kubeconfig names."""
    from kubernetes.client.rest import RESTClientObject

    return RESTClientObject(made).pool_manager


def authorization(made: Any) -> dict[str, str]:
    token = made.auth_settings().get("BearerToken")
    return {"authorization": token["value"]} if token and token["value"] else {}


def forget_files() -> None:
    """The client remembers the files that it wrote, also when they are gone."""
    from kubernetes.config import kube_config

    getattr(kube_config, "_temp_files", {}).clear()


class Clusters:
    """The clusters of one task, each connected to when it is first asked for."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, Any], KubernetesApi] = {}

    def api(self, section: Section) -> KubernetesApi:
        key = (section.get("kubeconfig"), section.get("context"))
        if key not in self._open:
            self._open[key] = KubernetesApi(section)
        return self._open[key]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
