# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server over a real socket that does what a test says, one step for each request."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

# What is done with a request, which a step may look at; True keeps the connection.
Step = Callable[[socket.socket, str], bool]


def answer(status: int = 200, body: Any = None, *, keep: bool = True, **headers: str) -> Step:
    content = json.dumps({} if body is None else body).encode()
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} Told", *lines, f"Content-Length: {len(content)}", "", ""]
    return sends("\r\n".join(head).encode() + content, keep)


def sends(raw: bytes, keep: bool = False) -> Step:
    def step(peer: socket.socket, _request: str) -> bool:
        peer.sendall(raw)
        return keep

    return step


def hangs_up(_peer: socket.socket, _request: str) -> bool:
    return False


@dataclass
class Scripted:
    steps: list[Step]
    listening: socket.socket
    tls: ssl.SSLContext | None = None
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer = self.listening.accept()[0]
                threading.Thread(target=self.attend, args=(peer,), daemon=True).start()

    def attend(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError):
            peer.settimeout(20)
            if self.tls:
                peer = self.tls.wrap_socket(peer, server_side=True)
            with peer:
                while request := received(peer):
                    self.requests.append(request)
                    if not self.steps.pop(0)(peer, request):
                        break


def received(peer: socket.socket) -> str:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = peer.recv(1)
        if not piece:
            return ""
        raw += piece
    head = raw.decode()
    for line in head.lower().split("\r\n"):
        if line.startswith("content-length:"):
            size = int(line.partition(":")[2])
            while len(raw) < len(head.encode()) + size:
                raw += peer.recv(65536)
    return raw.decode()


@contextlib.contextmanager
def scripted(*steps: Step, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Scripted(list(steps), listening, tls)
        threading.Thread(target=made.serve, daemon=True).start()
        yield made
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
