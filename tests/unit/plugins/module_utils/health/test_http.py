# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every way in which an HTTP question ends, asked of real sockets: as the controller asks, and as
a service's host does, with each of its clients."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.health import http, on_host
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.tests.lab import certificates

# Where Python and curl look for those whom they trust.
TRUST = ("SSL_CERT_FILE", "CURL_CA_BUNDLE")
Talk = Callable[[socket.socket, str], None]


def says(status: str, *headers: str, body: bytes = b"fine") -> Talk:
    def talk(client: socket.socket, _path: str) -> None:
        length = f"Content-Length: {len(body)}"
        client.sendall(
            "\r\n".join((f"HTTP/1.1 {status}", length, *headers, "", "")).encode() + body
        )

    return talk


def hang(client: socket.socket, _path: str) -> None:
    time.sleep(2.5)


def drip(client: socket.socket, _path: str) -> None:
    """A byte now and then: no single wait is long."""
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    for _unused in range(25):
        client.sendall(b"X: y\r\n")
        time.sleep(0.1)


def cut_off(client: socket.socket, _path: str) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def nonsense(client: socket.socket, _path: str) -> None:
    client.sendall(b"220 mail.example.org ESMTP\r\n")


def circle(client: socket.socket, path: str) -> None:
    says("302 Found", f"Location: /{'b' if path == '/a' else 'a'}")(client, path)


def longer_and_longer(client: socket.socket, path: str) -> None:
    says("302 Found", f"Location: {path}x")(client, path)


def to_the_answer(client: socket.socket, path: str) -> None:
    talk = (
        says("200 OK", body=b"arrived")
        if path == "/there"
        else says("302 Found", "Location: there")
    )
    talk(client, path)


def endless(client: socket.socket, _path: str) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _unused in range(200):
        client.sendall(b"x" * 8192)


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], str]]:
    listeners = []

    def start(talk: Talk) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    client, _address = listener.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=(client,), daemon=True).start()

        def handle(client: socket.socket) -> None:
            with client:
                try:
                    asked = client.recv(65536).decode().split(" ")
                    talk(client, asked[1] if len(asked) > 1 else "")
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/a"

    yield start
    for listener in listeners:
        listener.close()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def ask_on_host(url: str, statuses: list[int], seconds: float, programs: Path) -> dict[str, Any]:
    health = Health("host", url, (), tuple(statuses), "", int(seconds))
    command, stdin = on_host.script(health)
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        input=stdin,
        text=True,
        capture_output=True,
        check=False,
        env={
            **{name: os.environ[name] for name in TRUST if name in os.environ},
            "PATH": str(programs),
            "http_proxy": "http://127.0.0.1:1",
        },
    )
    return on_host.answer(health, Done(done.returncode, done.stdout, done.stderr))


@pytest.fixture(params=["controller", "curl", "python3", "wget"])
def ask(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, list[int], float], dict[str, Any]]:
    """A host on which only one of the clients is installed. A proxy that leads nowhere is set."""
    if request.param == "controller":
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        return http.fetch
    client = shutil.which(request.param, path="/usr/bin:/bin")
    if client is None:
        pytest.skip(f"no {request.param} here")
    for name in ("head", "grep", "timeout", "env", request.param):
        (tmp_path / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or "")
    return lambda url, statuses, seconds: ask_on_host(url, statuses, seconds, tmp_path)


@pytest.mark.parametrize(
    ("talk", "statuses", "reason", "status", "body"),
    [
        (says("200 OK"), [], "ok", 200, "fine"),
        (says("204 No Content", body=b""), [], "ok", 204, ""),
        (says("503 Service Unavailable"), [], "ok", 503, None),
        (says("401 Unauthorized"), [401], "ok", 401, None),
        (to_the_answer, [], "ok", 200, "arrived"),
        (circle, [], "redirect_loop", None, ""),
        (longer_and_longer, [], "redirect_loop", None, ""),
        (circle, [302], "ok", 302, None),
        (hang, [], "timeout", None, ""),
        (drip, [], "timeout", None, ""),
        (cut_off, [], "reset", None, ""),
        (endless, [], "too_large", None, ""),
    ],
)  # fmt: skip
def test_answers(
    serve: Callable[[Talk], str],
    ask: Callable[[str, list[int], float], dict[str, Any]],
    talk: Talk,
    statuses: list[int],
    reason: str,
    status: int | None,
    body: str | None,
) -> None:
    began = time.monotonic()
    answer = ask(serve(talk), statuses, 1)
    assert (answer["reason"], answer["status"]) == (reason, status), answer
    if body is not None:
        assert answer["body"] == body
    assert time.monotonic() - began < 2.4


def test_nobody_listens(ask: Callable[[str, list[int], float], dict[str, Any]]) -> None:
    assert ask(f"http://127.0.0.1:{free_port()}/", [], 1)["reason"] == "connection_refused"


def test_a_name_that_nobody_knows(ask: Callable[[str, list[int], float], dict[str, Any]]) -> None:
    answer = ask("http://nowhere-at-all/", [], 5)
    assert answer["reason"] == "dns_failure"


def test_what_is_no_http(serve: Callable[[Talk], str]) -> None:
    answer = http.fetch(serve(nonsense), [], 1)
    assert answer["reason"] == "bad_answer"
    assert "\n" not in str(answer["message"])


@pytest.mark.parametrize(
    ("days", "trusted", "reason"),
    [(2, True, "ok"), (2, False, "tls_failed"), (-2, True, "tls_expired")],
)
def test_certificates(
    ask: Callable[[str, list[int], float], dict[str, Any]],
    tls_server: Callable[[certificates.Pair], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    days: int,
    trusted: bool,
    reason: str,
) -> None:
    made = certificates.own(tmp_path, "shop", days)
    if trusted and request.node.callspec.params["ask"] == "wget":
        pytest.skip("wget cannot be told by its environment whom to trust")
    if trusted:
        for variable in TRUST:
            monkeypatch.setenv(variable, str(made.certificate))
    answer = ask(tls_server(made), [], 2)
    assert answer["reason"] == reason, answer
    if reason == "ok" and answer.get("certificate_seconds") is not None:
        assert answer["certificate_seconds"] == pytest.approx(days * 86400, abs=60)


def test_how_long_a_certificate_is_good_for(
    tls_server: Callable[[certificates.Pair], str],
    tmp_path: Path,
    serve: Callable[[Talk], str],
) -> None:
    made = certificates.own(tmp_path, "shop", 5)
    answer = http.fetch(tls_server(made), [], 2, cafile=str(made.certificate))
    assert answer["certificate_seconds"] == pytest.approx(5 * 86400, abs=60)
    assert http.fetch(serve(says("200 OK")), [], 2)["certificate_seconds"] is None


@pytest.fixture
def tls_server() -> Iterator[Callable[[certificates.Pair], str]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(made: certificates.Pair) -> str:
        port = free_port()
        command = ["openssl", "s_server", "-quiet", "-www", "-cert", str(made.certificate)]
        running.append(
            subprocess.Popen(
                [*command, "-key", str(made.key), "-accept", f"127.0.0.1:{port}"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        for _unused in range(50):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        return f"https://127.0.0.1:{port}/"

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_host_without_a_client(tmp_path: Path) -> None:
    assert ask_on_host("http://127.0.0.1:1/", [], 1, tmp_path)["reason"] == "client_missing"


def test_a_proxy_is_for_what_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    answer = http.fetch("http://status.example.org/", [], 2)
    assert answer["reason"] == "proxy_failed"


def test_a_proxy_that_works(serve: Callable[[Talk], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", serve(says("200 OK", body=b"by proxy")))
    answer = http.fetch("http://status.example.org/", [], 2)
    assert (answer["reason"], answer["body"]) == ("ok", "by proxy")


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("192.168.0.9", True), ("::1", True), ("api", True),
        ("localhost", True), ("fe80::1", True), ("8.8.8.8", False), ("example.org", False),
    ],
)  # fmt: skip
def test_near(host: str, near: bool) -> None:
    assert http.is_near(host) == near


def test_the_text_sent_to_a_host_needs_no_package() -> None:
    _command, stdin = on_host.script(Health("host", "http://127.0.0.1/", (), (), "", 1))
    question = '{"url": "http://127.0.0.1:1/", "statuses": [], "seconds": 1}'
    done = subprocess.run(
        ["/usr/bin/env", "-i", "/usr/bin/python3", "-I", "-", question],
        input=stdin, text=True, capture_output=True, check=False, cwd="/",
    )  # fmt: skip
    assert "connection_refused" in done.stdout, done.stderr
