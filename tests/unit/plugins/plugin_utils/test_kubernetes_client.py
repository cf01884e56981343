# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests over real sockets to servers in trouble: every wait has an end, and no change is sent twice."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    MERGE,
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    Rejected,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client import KubernetesApi
from ansible_collections.oncall.runbooks.tests.unit.plugins.plugin_utils.kubeconfigs import (
    TOKEN,
    section,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.plugin_utils.scripted import (
    Scripted,
    answer,
    hangs_up,
    scripted,
    sends,
)

Ask = Callable[[KubernetesApi], Any]
PATH = "/api/v1/namespaces/shop/pods"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
HALF = HEAD + b'{"a": '


def get(api: KubernetesApi) -> Any:
    return api.get(PATH)


def post(api: KubernetesApi) -> Any:
    return api.post(PATH, {"a": 1})


def patch(api: KubernetesApi) -> Any:
    return api.patch(PATH, {"a": 1}, MERGE, False)


def delete(api: KubernetesApi) -> Any:
    return api.delete(PATH)


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[str], KubernetesApi]]:
    made: list[KubernetesApi] = []

    def connected(url: str) -> KubernetesApi:
        made.append(KubernetesApi(section(tmp_path, url)))
        return made[-1]

    yield connected
    for api in made:
        api.close()


def refused(api: KubernetesApi, ask: Ask, seconds: float, of: type[ApiError] = ApiError) -> str:
    began = time.monotonic()
    with pytest.raises(of) as caught:
        ask(api)
    assert time.monotonic() - began < seconds
    said = str(caught.value)
    assert "\n" not in said
    assert TOKEN not in said
    return said


def test_what_is_asked(connect: Callable[[str], KubernetesApi]) -> None:
    with scripted(*[answer(body={"kind": "Pod"})] * 4, sends(HEAD + b"log\n" * 25)) as server:
        api = connect(server.url)
        assert api.get(PATH, {"labelSelector": "a=b c"}) == {"kind": "Pod"}
        assert post(api) == {"kind": "Pod"}
        api.patch(PATH, {"a": 1}, MERGE, True)
        delete(api)
        assert api.text(f"{PATH}/a/log") == "log\n" * 25
    lines = [one.split("\r\n")[0] for one in server.requests]
    assert lines == [
        f"GET {PATH}?labelSelector=a%3Db+c HTTP/1.1",
        f"POST {PATH} HTTP/1.1",
        f"PATCH {PATH}?fieldManager=oncall-runbooks&dryRun=All HTTP/1.1",
        f"DELETE {PATH} HTTP/1.1",
        f"GET {PATH}/a/log HTTP/1.1",
    ]
    assert all(f"authorization: Bearer {TOKEN}\r\n" in one for one in server.requests)
    assert f"Content-Type: {MERGE}\r\n" in server.requests[2]
    assert json.loads(server.requests[2].rpartition("\r\n")[2]) == {"a": 1}


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Forbidden), (403, Forbidden), (404, NotFound), (409, Conflict),
                         (422, Rejected), (500, ApiError)],
)  # fmt: skip
def test_how_it_is_refused(
    connect: Callable[[str], KubernetesApi], status: int, kind: type[ApiError]
) -> None:
    with scripted(answer(status, {"message": "because"})) as server:
        said = refused(connect(server.url), patch, 2, kind)
        assert status == 401 or "because" in said
    assert len(server.requests) == 1


def test_a_server_that_is_silent(connect: Callable[[str], KubernetesApi]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = connect(f"http://127.0.0.1:{silent.getsockname()[1]}")
        for ask in (get, patch):
            api.wait_until(time.monotonic() + 0.5)
            assert "timed out" in refused(api, ask, 3)
        assert "no time is left" in refused(api, get, 1)


def test_one_that_lets_nobody_in(connect: Callable[[str], KubernetesApi]) -> None:
    """Its queue is full, so a connection is neither taken nor refused."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _unused in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        try:
            time.sleep(0.2)
            said = refused(connect(f"http://127.0.0.1:{full.getsockname()[1]}"), get, 6)
            assert "timed out" in said
        finally:
            for one in waiting:
                one.close()


def test_no_server(connect: Callable[[str], KubernetesApi]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    assert "does not answer: Connection refused" in refused(connect(url), get, 2)
    assert "does not answer" in refused(connect("http://no-such-host.invalid"), get, 20)


def test_one_that_trickles(connect: Callable[[str], KubernetesApi]) -> None:
    def trickle(peer: socket.socket, _request: str) -> bool:
        peer.sendall(HALF)
        for _unused in range(90):
            peer.sendall(b" ")
            time.sleep(0.05)
        return False

    with scripted(trickle) as server:
        api = connect(server.url)
        api.wait_until(time.monotonic() + 0.5)
        assert "too slow" in refused(api, get, 3)


@pytest.mark.parametrize("step", [hangs_up, sends(HALF), answer(503, keep=False)])
@pytest.mark.parametrize("ask", [post, patch, delete])
def test_a_change_is_never_sent_twice(
    connect: Callable[[str], KubernetesApi], ask: Ask, step: Any
) -> None:
    with scripted(step, answer()) as server:
        refused(connect(server.url), ask, 3)
        assert len(server.requests) == 1


@pytest.mark.parametrize("step", [hangs_up, sends(HALF)])
def test_what_only_reads_is(connect: Callable[[str], KubernetesApi], step: Any) -> None:
    with scripted(step, answer(body={"a": 1}), step, step, answer()) as server:
        assert get(connect(server.url)) == {"a": 1}
        refused(connect(server.url), get, 3)
        assert len(server.requests) == 4


def test_connections_are_kept(connect: Callable[[str], KubernetesApi]) -> None:
    """Not for a change: it would be lost on one that is closed at that moment."""
    peers: list[int] = []

    def counted(peer: socket.socket, request: str) -> bool:
        peers.append(peer.getpeername()[1])
        return answer()(peer, request)

    with scripted(*[counted] * 4) as server:
        api = connect(server.url)
        for ask in (get, get, patch, get):
            ask(api)
    assert [peers[0] == one for one in peers] == [True, True, False, False]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_when_to_come_back(
    connect: Callable[[str], KubernetesApi], status: int
) -> None:
    began = time.monotonic()
    with scripted(answer(status, Retry_After="1"), answer(body={"a": 1})) as server:
        assert get(connect(server.url)) == {"a": 1}
    assert 1 <= time.monotonic() - began < 4


def test_a_change_that_was_turned_away_is_sent_again(
    connect: Callable[[str], KubernetesApi],
) -> None:
    with scripted(answer(429, Retry_After="1"), answer()) as server:
        patch(connect(server.url))
        assert len(server.requests) == 2
    with scripted(*[answer(429, Retry_After="0")] * 9) as server:
        assert "answers 429" in refused(connect(server.url), patch, 3)
        assert len(server.requests) == 3


@pytest.mark.parametrize("later", ["60", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_no_longer_than_a_runbook_has(connect: Callable[[str], KubernetesApi], later: str) -> None:
    with scripted(*[answer(429, Retry_After=later)] * 9) as server:
        assert "answers 429" in refused(connect(server.url), get, 5)


def test_a_redirect_is_not_followed(connect: Callable[[str], KubernetesApi]) -> None:
    """It would carry the token elsewhere."""
    with scripted(answer()) as other, scripted(answer(307, Location=f"{other.url}/")) as server:
        assert "307" in refused(connect(server.url), get, 2)
        assert not other.requests


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", b"220 mail ready\r\n\r\n"]
)
def test_somebody_else_with_that_address(
    connect: Callable[[str], KubernetesApi], raw: bytes
) -> None:
    with scripted(*[sends(raw)] * 2) as server:
        refused(connect(server.url), get, 3)


def test_an_answer_in_many_pieces(connect: Callable[[str], KubernetesApi]) -> None:
    large = {"items": ["é" * 1000] * 1000}
    raw = json.dumps(large, ensure_ascii=False).encode()
    chunks = b"".join(
        f"{len(raw[at : at + 7001]):x}\r\n".encode() + raw[at : at + 7001] + b"\r\n"
        for at in range(0, len(raw), 7001)
    )
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with scripted(sends(head + chunks + b"0\r\n\r\n"), *[sends(head + chunks)] * 2) as server:
        assert get(connect(server.url)) == large
        refused(connect(server.url), get, 5)


def test_the_server_is_behind_a_path(tmp_path: Path) -> None:
    def asked(server: Scripted) -> str:
        api = KubernetesApi(section(tmp_path, f"{server.url}/k8s/clusters/c-1/"))
        api.get(PATH)
        api.close()
        return server.requests[0]

    with scripted(answer()) as server:
        assert asked(server).startswith(f"GET /k8s/clusters/c-1{PATH} HTTP/1.1")
