# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ways to a server that are not what they seem: silent, hanging, pooled."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

lab = sys.modules["oncall_lab_postgres"]


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port that takes every connection and never says a word."""
    with socket.create_server((lab.HOST, 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def hanging(port: int, after: bytes) -> Iterator[int]:
    """A port that hands everything on to another one until the client says `after`: then nothing."""
    with socket.create_server((lab.HOST, 0)) as listener:
        stop = threading.Event()
        acceptor = threading.Thread(target=_accept, args=(listener, port, after, stop))
        acceptor.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            acceptor.join()


def _accept(listener: socket.socket, port: int, after: bytes, stop: threading.Event) -> None:
    listener.settimeout(0.1)
    pumps: list[threading.Thread] = []
    with contextlib.ExitStack() as lines:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                client = lines.enter_context(listener.accept()[0])
                server = lines.enter_context(socket.create_connection((lab.HOST, port)))
                mute = threading.Event()
                for source, target, word in ((client, server, after), (server, client, b"")):
                    arguments = (source, target, word, mute, stop)
                    pumps.append(threading.Thread(target=_pump, args=arguments))
                    pumps[-1].start()
        for pump in pumps:
            pump.join()


def _pump(
    source: socket.socket,
    target: socket.socket,
    after: bytes,
    mute: threading.Event,
    stop: threading.Event,
) -> None:
    source.settimeout(0.1)
    while not stop.is_set():
        try:
            data = source.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return
        if after and after in data:
            mute.set()
        if not data:
            return
        if not mute.is_set():
            target.sendall(data)


@contextlib.contextmanager
def frozen(server: Any) -> Iterator[int]:
    """The postmaster does not run for a while: the kernel still takes connections for it."""
    pid = int(Path(server.data_dir, "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield server.port
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def closed() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else can take meanwhile."""
    with socket.socket() as taken:
        taken.bind((lab.HOST, 0))
        yield taken.getsockname()[1]
