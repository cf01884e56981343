# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command in a pod, over a WebSocket of websocket-client.

The official client's own kubernetes.stream opens one without a bound on the wait, follows redirects
with the token, and takes certificates from files only; so it is asked for the proxy alone.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import frames
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    error,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_login import Login
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_problem import reason

try:
    from kubernetes.stream.ws_client import websocket_proxycare
    from websocket import (
        ABNF,
        WebSocket,
        WebSocketBadStatusException,
        WebSocketConnectionClosedException,
        WebSocketException,
        WebSocketTimeoutException,
        create_connection,
    )
except ImportError:
    HAS_WEBSOCKET = False  # the login says what is missing, before anything is asked
else:
    HAS_WEBSOCKET = True

# To open a connection; for a message that has begun to come or go; for the whole command.
OPEN_S, PART_S, EXEC_S = 10.0, 3.0, 60.0


def execute(login: Login, path: str, container: str, argv: Sequence[str], stdin: str) -> Done:
    """Its words stand in the audit log of the cluster; its input does not."""
    words = [("command", word) for word in argv]
    streams = {"container": container, "stdin": "true", "stdout": "true", "stderr": "true"}
    place = f"{path}?{urlencode([*streams.items(), *words])}"
    opened = connected(login, place, f"run a command in {path}")
    try:
        return converse(opened, stdin, time.monotonic() + EXEC_S)
    finally:
        opened.shutdown()


def connected(login: Login, place: str, doing: str) -> WebSocket:
    url = f"{login.server}{place}".replace("http", "ws", 1)
    made = login.configuration
    proxy: dict[str, Any] = websocket_proxycare({}, made, url, {}) if made.proxy else {}
    try:
        opened = create_connection(
            url,
            timeout=OPEN_S,
            header=login.headers(),
            subprotocols=[frames.PROTOCOL],
            sslopt={"context": login.tls, "server_hostname": made.tls_server_name},
            redirect_limit=0,
            suppress_origin=True,
            skip_utf8_validation=True,
            **proxy,
        )
    except WebSocketBadStatusException as turned:
        body = (turned.resp_body or b"").decode("utf-8", "replace")
        raise error(turned.status_code, body, doing) from None
    except (WebSocketException, OSError) as problem:
        raise ApiError(f"the API server does not answer: {reason(problem)}") from None
    opened.settimeout(PART_S)
    return opened


def converse(opened: WebSocket, stdin: str, deadline: float) -> Done:
    """Send the input and take what comes, until the cluster says how the command ended."""
    streams, waiting = frames.Streams(), list(frames.messages(stdin))[::-1]
    try:
        while not streams.status:
            readable, writable = ready(opened, bool(waiting), deadline - time.monotonic())
            if readable:
                streams.take(received(opened))
            elif writable:
                opened.send_binary(waiting.pop())
    except TimeoutError:
        raise ApiError(f"the command did not end within {EXEC_S:.0f} s") from None
    except WebSocketConnectionClosedException:
        raise ApiError("the connection to the pod ended before the command did") from None
    except (WebSocketException, OSError) as problem:
        raise ApiError(f"the connection to the pod broke: {reason(problem)}") from None
    return streams.done()


def received(opened: WebSocket) -> bytes:
    try:
        kind, message = opened.recv_data(control_frame=True)
    except WebSocketTimeoutException:
        return b""  # a part of a message, which is kept until the rest has come
    if kind == ABNF.OPCODE_CLOSE:
        raise WebSocketConnectionClosedException
    return bytes(message) if kind in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT) else b""


def ready(opened: WebSocket, sending: bool, left: float) -> tuple[bool, bool]:
    """A command may say much before it has read its input, so nothing is sent that has no room."""
    if left <= 0:
        raise TimeoutError
    sock = opened.sock
    # TLS has decrypted more than was asked for.
    if getattr(sock, "pending", int)():
        return True, False
    found = select.poll()
    found.register(sock, select.POLLIN | (select.POLLOUT if sending else 0))
    events = [event for _file, event in found.poll(left * 1000)]
    if not events:
        raise TimeoutError
    return bool(events[0] & ~select.POLLOUT), bool(events[0] & select.POLLOUT)
