# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As much of a WebSocket (RFC 6455) as a command in a pod takes: whole messages, one after the other."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
from collections.abc import Mapping
from typing import Any

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Nobody sends a longer message; a broken stream may say so.
LONGEST = 64 * 1024 * 1024


class Turned(Exception):
    """The server answered with something else than a WebSocket."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"status {status}")
        self.status, self.body = status, body


class Closed(Exception):
    """The other side ended the conversation, or broke it off."""


def opened(
    connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]
) -> WebSocket:
    """Turn a connection into a WebSocket; it is closed when that fails. Raises Turned."""
    key = base64.b64encode(os.urandom(16)).decode()
    wanted = {
        **headers,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
    }
    try:
        connection.request("GET", path, headers=wanted)
        answer = http.client.HTTPResponse(connection.sock, method="GET")
        answer.begin()
        if answer.status != http.client.SWITCHING_PROTOCOLS:
            raise Turned(answer.status, answer.read().decode("utf-8", "replace"))
        if answer.headers.get("Sec-WebSocket-Accept") != sealed(key):
            raise Turned(answer.status, "")
    except BaseException:
        connection.close()
        raise
    return WebSocket(connection, answer)


def sealed(key: str) -> str:
    """Proof that the other side knows what a WebSocket is; nothing is kept secret by it."""
    digest = hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


class WebSocket:
    def __init__(
        self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse
    ) -> None:
        self._connection, self._answer = connection, answer
        self._socket: Any = connection.sock
        # What it has read ahead is the beginning of the first message.
        self._reader: Any = answer.fp

    def settimeout(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def send(self, payload: bytes, kind: int = BINARY) -> None:
        size = len(payload)
        if size < 126:
            head = bytes([FINAL | kind, MASKED | size])
        elif size < 65536:
            head = bytes([FINAL | kind, MASKED | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([FINAL | kind, MASKED | 127]) + size.to_bytes(8, "big")
        mask = os.urandom(4)
        self._socket.sendall(head + mask + masked(payload, mask))

    def receive(self) -> bytes:
        """The next message; raises Closed when there will be none."""
        parts = b""
        while True:
            final, kind, payload = self._frame()
            if kind == CLOSE:
                raise Closed
            if kind == PING:
                self.send(payload, PONG)
            elif kind != PONG:
                parts += payload
                if final:
                    return parts

    def _frame(self) -> tuple[bool, int, bytes]:
        first, second = self._exactly(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        if second & MASKED or size > LONGEST:
            raise Closed
        return bool(first & FINAL), first & 0x0F, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        found: bytes = self._reader.read(size) if size else b""
        if len(found) < size:
            raise Closed
        return found

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


def masked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
