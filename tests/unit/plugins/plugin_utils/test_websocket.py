# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages over a real socket, in the pieces in which they may come."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.oncall.runbooks.plugins.plugin_utils import websocket

ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {}\r\n\r\n"
)


def frame(payload: bytes, kind: int = websocket.BINARY, final: bool = True) -> bytes:
    size = len(payload)
    first = (websocket.FINAL if final else 0) | kind
    if size < 126:
        return bytes([first, size]) + payload
    if size < 65536:
        return bytes([first, 126]) + size.to_bytes(2, "big") + payload
    return bytes([first, 127]) + size.to_bytes(8, "big") + payload


class Server:
    """Shakes hands, sends what it was given, and keeps what it is sent."""

    def __init__(self, send: bytes, answer: str = ANSWER) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.send, self.answer, self.received = send, answer, b""
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        with self.listening, self.listening.accept()[0] as peer:
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(4096)
            fields = dict(
                line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line
            )
            # In one piece: the first message may come along with the answer.
            peer.sendall(
                self.answer.format(websocket.sealed(fields["Sec-WebSocket-Key"])).encode()
                + self.send
            )
            peer.settimeout(5)
            while piece := peer.recv(65536):
                self.received += piece

    def open(self) -> websocket.WebSocket:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.listening.getsockname()[1], timeout=5
        )
        connection.connect()
        return websocket.opened(connection, "/exec", {"Authorization": "Bearer t"})


@pytest.fixture
def conversations() -> Iterator[list[tuple[Server, websocket.WebSocket]]]:
    made: list[tuple[Server, websocket.WebSocket]] = []
    yield made
    for server, opened in made:
        opened.close()
        server.thread.join(timeout=5)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_messages_of_every_size(
    conversations: list[tuple[Server, websocket.WebSocket]], size: int
) -> None:
    payload = bytes(number % 251 for number in range(size))
    server = Server(frame(payload))
    opened = server.open()
    conversations.append((server, opened))
    assert opened.receive() == payload
    opened.send(payload)
    opened.close()
    server.thread.join(timeout=5)
    head = 2 + (0 if size < 126 else 2 if size < 65536 else 8)
    mask, sent = server.received[head : head + 4], server.received[head + 4 :]
    assert server.received[1] & websocket.MASKED
    assert websocket.masked(sent, mask) == payload


def test_pieces_and_what_comes_between_them(
    conversations: list[tuple[Server, websocket.WebSocket]],
) -> None:
    pieces = (
        frame(b"one ", final=False)
        + frame(b"?", websocket.PING)
        + frame(b"two", websocket.CONTINUED)
    )
    server = Server(pieces + frame(b"", websocket.CLOSE))
    opened = server.open()
    conversations.append((server, opened))
    assert opened.receive() == b"one two"
    with pytest.raises(websocket.Closed):
        opened.receive()
    opened.close()
    server.thread.join(timeout=5)
    assert server.received[0] == websocket.FINAL | websocket.PONG


@pytest.mark.parametrize("broken", [b"", b"\x82", b"\x82\x05ab", b"\x82\x81maskx"])
def test_a_stream_that_breaks_off(
    conversations: list[tuple[Server, websocket.WebSocket]], broken: bytes
) -> None:
    server = Server(broken)
    opened = server.open()
    conversations.append((server, opened))
    opened.settimeout(0.5)
    with pytest.raises((websocket.Closed, TimeoutError)):
        opened.receive()


def test_another_answer_is_told() -> None:
    server = Server(b"", "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno: \r\n")
    with pytest.raises(websocket.Turned) as caught:
        server.open()
    assert (caught.value.status, caught.value.body) == (403, "no: ")
    server.thread.join(timeout=5)
