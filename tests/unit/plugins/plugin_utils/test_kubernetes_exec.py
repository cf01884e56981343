# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command in a pod, over real sockets: its streams, how it ends, and that it does end."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import frames
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Forbidden,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.plugin_utils import kubernetes_exec
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client import KubernetesApi
from ansible_collections.oncall.runbooks.tests.unit.plugins.plugin_utils.kubeconfigs import (
    TOKEN,
    section,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.plugin_utils.scripted import (
    Step,
    answer,
    hangs_up,
    scripted,
)

BINARY, CLOSE, PING, PONG = 0x2, 0x8, 0x9, 0xA
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SUCCESS = b'\x03{"status": "Success"}'
CODE_5 = (
    b'\x03{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "5"}]}}'
)
Pod = Callable[[socket.socket], None]


def frame(payload: bytes, kind: int = BINARY) -> bytes:
    size = len(payload)
    head = bytes([0x80 | kind])
    if size < 126:
        return head + bytes([size]) + payload
    if size < 65536:
        return head + bytes([126]) + size.to_bytes(2, "big") + payload
    return head + bytes([127]) + size.to_bytes(8, "big") + payload


def exactly(peer: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = peer.recv(size - len(found))
        assert piece, "the other side is gone"
        found += piece
    return found


def message(peer: socket.socket) -> tuple[int, bytes]:
    first, second = exactly(peer, 2)
    size = second & 0x7F
    if size > 125:
        size = int.from_bytes(exactly(peer, 2 if size == 126 else 8), "big")
    mask, payload = exactly(peer, 4), exactly(peer, size)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def shakes_hands(pod: Pod) -> Callable[[socket.socket, str], bool]:
    def step(peer: socket.socket, request: str) -> bool:
        fields = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if ": " in line)
        digest = hashlib.sha1((fields["Sec-WebSocket-Key"] + GUID).encode()).digest()
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Protocol: {frames.PROTOCOL}",
            f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
        ]
        peer.sendall("\r\n".join([*lines, "", ""]).encode())
        pod(peer)
        return False

    return step


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Done]]:
    made: list[KubernetesApi] = []

    def ran(url: str, stdin: str = "") -> Done:
        made.append(KubernetesApi(section(tmp_path, url)))
        return made[-1].execute("/pods/a/exec", "app", ["sh", "-c", "cat & x"], stdin)

    yield ran
    for api in made:
        api.close()


def refused(run: Callable[..., Done], url: str, seconds: float, stdin: str = "") -> str:
    began = time.monotonic()
    with pytest.raises(ApiError) as caught:
        run(url, stdin)
    assert time.monotonic() - began < seconds
    assert TOKEN not in str(caught.value)
    return str(caught.value)


def in_pod(run: Callable[..., Done], pod: Pod, stdin: str = "") -> Done:
    with scripted(shakes_hands(pod)) as server:
        return run(server.url, stdin)


def test_streams_and_exit_code(run: Callable[..., Done]) -> None:
    def pod(peer: socket.socket) -> None:
        for part in (b"\x01caf\xc3", b"\x02oh\xff", b"\x01\xa9\n", b"", CODE_5):
            peer.sendall(frame(part))

    assert in_pod(run, pod) == (5, "café\n", "oh\N{REPLACEMENT CHARACTER}")


def test_what_is_asked(run: Callable[..., Done]) -> None:
    with scripted(shakes_hands(lambda peer: peer.sendall(frame(SUCCESS)))) as server:
        assert run(server.url) == (0, "", "")
    head = server.requests[0].split("\r\n")
    words = "command=sh&command=-c&command=cat+%26+x"
    streams = "container=app&stdin=true&stdout=true&stderr=true"
    assert head[0] == f"GET /pods/a/exec?{streams}&{words} HTTP/1.1"
    assert f"authorization: Bearer {TOKEN}" in head
    assert f"Sec-WebSocket-Protocol: {frames.PROTOCOL}" in head


def test_a_command_that_says_much_before_it_reads(run: Callable[..., Done]) -> None:
    """Sending first and reading then, both sides would wait for the other."""
    given = "é" * 500_000
    got = bytearray()

    def pod(peer: socket.socket) -> None:
        for _unused in range(256):
            peer.sendall(frame(b"\x01" + b"x" * 32_768))
        while len(got) < len(given.encode()):
            kind, payload = message(peer)
            assert (kind, payload[0]) == (BINARY, frames.STDIN)
            got.extend(payload[1:])
        peer.sendall(frame(SUCCESS))

    done = in_pod(run, pod, given)
    assert (done.rc, len(done.stdout), done.stderr) == (0, 256 * 32_768, "")
    assert got.decode() == given


def test_a_message_in_pieces_and_what_comes_between(run: Callable[..., Done]) -> None:
    answered = threading.Event()

    def pod(peer: socket.socket) -> None:
        peer.sendall(frame(b"?", PING))
        assert message(peer) == (PONG, b"?")
        answered.set()
        raw = bytes([BINARY, 4]) + b"\x01one" + bytes([0x80, 4]) + b" two"
        for byte in raw:
            peer.sendall(bytes([byte]))
            time.sleep(0.01)
        peer.sendall(frame(SUCCESS))

    assert in_pod(run, pod).stdout == "one two"
    assert answered.is_set()


def test_a_slow_message_is_kept(run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    """While a part of it is waited for, the bound on one wait passes; nothing is lost."""
    monkeypatch.setattr(kubernetes_exec, "PART_S", 0.1)

    def pod(peer: socket.socket) -> None:
        raw = frame(b"\x01slow") + frame(SUCCESS)
        for byte in raw[:8]:
            peer.sendall(bytes([byte]))
            time.sleep(0.15)
        peer.sendall(raw[8:])

    assert in_pod(run, pod).stdout == "slow"


def test_one_that_does_not_end(run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_exec, "EXEC_S", 0.5)
    over = threading.Event()

    def chatty(peer: socket.socket) -> None:
        while not over.is_set():
            peer.sendall(frame(b"\x01y\n"))
            time.sleep(0.02)

    def quiet(_peer: socket.socket) -> None:
        over.wait(5)

    for pod in (chatty, quiet):
        with scripted(shakes_hands(pod)) as server:
            assert "did not end within" in refused(run, server.url, 3, "x" * 100)
    over.set()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "ended before the command did"),
        (frame(b"\x01half")[:3], "ended before the command did"),
        (frame(b"", CLOSE), "ended before the command did"),
        (bytes([0xFF, 0x00]), "broke"),
    ],
)
def test_one_that_breaks_off(run: Callable[..., Done], raw: bytes, said: str) -> None:
    with scripted(shakes_hands(lambda peer: peer.sendall(raw))) as server:
        assert said in refused(run, server.url, 3)


def test_it_may_not(run: Callable[..., Done]) -> None:
    step = answer(403, {"message": "cannot create resource pods/exec"})
    with (
        scripted(step) as server,
        pytest.raises(Forbidden, match="cannot create resource pods/exec"),
    ):
        run(server.url)


def test_a_server_that_says_nothing(
    run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_exec, "OPEN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "does not answer: timed out" in refused(run, url, 3)
    assert "Connection refused" in refused(run, url, 3)


def test_a_redirect_is_not_followed(run: Callable[..., Done]) -> None:
    with scripted(answer()) as other:
        with scripted(answer(302, Location=f"{other.url}/".replace("http", "ws"))) as server:
            refused(run, server.url, 3)
        assert not other.requests


@pytest.mark.parametrize("step", [hangs_up, answer(200)])
def test_no_websocket(run: Callable[..., Done], step: Step) -> None:
    with scripted(step) as server:
        refused(run, server.url, 3)


def test_how_it_ended_is_json(run: Callable[..., Done]) -> None:
    told = {"status": "Failure", "message": "container not running"}
    done = in_pod(run, lambda peer: peer.sendall(frame(b"\x03" + json.dumps(told).encode())))
    assert done == (126, "", "container not running")
