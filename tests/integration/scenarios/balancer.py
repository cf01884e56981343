# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real proxies with three servers behind each: HAProxy, and nginx on a machine and in a container."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.oncall.runbooks.tests.lab import lab, packages
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

FILE = "/etc/nginx/conf.d/shop.conf"
SLOW_BYTES, PAUSE_S = 1000, 0.2
HAPROXY = """\
global
  stats socket {socket} mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  # A busy machine is no fault of a server.
  timeout check 5s
frontend shop
  bind 127.0.0.1:{port}
  default_backend web
backend web
{servers}
"""


@dataclass(frozen=True)
class Held:
    """Requests that are being answered, a little at a time and for a long time."""

    opened: Sequence[socket.socket]

    def flow(self) -> bool:
        """Whether each still gets more of its answer."""
        for one in self.opened:
            one.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                while one.recv(65536):
                    pass
            one.settimeout(10)
        return all(one.recv(1) for one in self.opened)


class Gateway:
    """How a test asks it: each answer is the name of the server that gave it."""

    def url(self, page: str) -> str:
        raise NotImplementedError

    def ask(self) -> str:
        try:
            with urllib.request.urlopen(self.url("/"), timeout=30) as answer:
                return str(answer.read().decode())
        except OSError as error:
            return str(error)

    @contextlib.contextmanager
    def hold(self, number: int) -> Iterator[Held]:
        place = urllib.parse.urlsplit(self.url("/slow"))
        with contextlib.ExitStack() as stack:
            held = []
            for _each in range(number):
                one = socket.create_connection((str(place.hostname), place.port or 80), 10)
                stack.enter_context(one)
                one.sendall(f"GET /slow HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
                with one.makefile("rb", buffering=0) as answer:
                    assert b" 200 " in answer.readline()
                held.append(one)
            yield Held(held)


# ---------------------------------------------------------------- HAProxy


class Server(ThreadingHTTPServer):
    daemon_threads = True
    name = ""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.server.name.encode()  # type: ignore[attr-defined]
        length = SLOW_BYTES if self.path == "/slow" else len(name)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for _each in range(length):
            self.wfile.write(name)
            time.sleep(PAUSE_S if length > 1 else 0)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class HaProxy(Gateway):
    folder: Path = Path()
    port: int = 0
    servers: dict[str, Server] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return self.folder / "admin.sock"

    def url(self, page: str) -> str:
        return f"http://127.0.0.1:{self.port}{page}"

    def status(self) -> list[str]:
        return ["test", "-S", str(self.socket)]

    def command(self, text: str) -> str:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.connect(str(self.socket))
            opened.sendall(f"{text}\n".encode())
            return b"".join(iter(lambda: opened.recv(65536), b"")).decode()

    def snapshot(self) -> list[tuple[str, str]]:
        """Each server with the state that somebody gave it."""
        rows = [line.split() for line in self.command("show servers state").splitlines()]
        return [(row[3], row[6]) for row in rows if row[:1] and row[0].isdigit() and len(row) > 6]

    def stop(self, name: str) -> None:
        self.servers[name].shutdown()
        self.servers[name].server_close()
        wait_for(f"{name} to be missed", lambda: f"{name} DOWN" in self.states(), 10)

    def states(self) -> str:
        rows = [line.split(",") for line in self.command("show stat").splitlines()]
        return " ".join(f"{row[1]} {row[17]}" for row in rows if len(row) > 17)


def program() -> str:
    """Debian's, installed where that is possible."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    if not shutil.which("haproxy", path=path):
        packages.need("haproxy")
    found = shutil.which("haproxy", path=path)
    if not found:
        raise lab.Skipped("haproxy is not installed")
    return found


@contextlib.contextmanager
def haproxy(folder: Path, names: Sequence[str]) -> Iterator[HaProxy]:
    binary = program()
    # A socket's path may have no more than 107 characters.
    home = Path(os.path.realpath(f"/tmp/oncall-{folder.name[-20:]}-{os.getpid()}"))
    home.mkdir(mode=0o700)
    running = HaProxy(folder=home, port=lab.free_port())
    for name in names:
        running.servers[name] = Server(("127.0.0.1", 0), Handler)
        running.servers[name].name = name
        threading.Thread(target=running.servers[name].serve_forever, daemon=True).start()
    lines = "\n".join(
        f"  server {name} 127.0.0.1:{one.server_port} check inter 300"
        for name, one in running.servers.items()
    )
    config = home / "haproxy.cfg"
    config.write_text(HAPROXY.format(socket=running.socket, port=running.port, servers=lines))
    process = subprocess.Popen([binary, "-db", "-f", str(config)], start_new_session=True)
    try:
        wait_for("HAProxy", lambda: running.socket.exists() and running.ask() in names, 15)
        yield running
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        for one in running.servers.values():
            with contextlib.suppress(OSError):
                one.server_close()
        shutil.rmtree(home)


# ---------------------------------------------------------------- nginx


def conf(names: Sequence[str], extra: str = "") -> str:
    """The servers are nginx's own, too; what they answer slowly is a file read a little at a time."""
    ports = {name: 8081 + number for number, name in enumerate(names)}
    lines = [f"    server 127.0.0.1:{port} max_fails=0;  # {name}" for name, port in ports.items()]
    blocks = [
        f"server {{ listen {port}; access_log off; location = /slow {{ root /srv/{name}; "
        f'limit_rate 1k; }} location / {{ return 200 "{name}"; }} }}'
        for name, port in ports.items()
    ]
    front = (
        "server { listen 80 default_server; location / { proxy_pass http://shop; "
        "proxy_buffering off; } }"
    )
    return "\n".join(["upstream shop {", *lines, "}", front, *blocks, extra, ""])


@dataclass
class Nginx(Gateway):
    base: str = ""
    execute: Any = None
    path: str = FILE
    servers: Sequence[str] = ("a", "b", "c")

    def url(self, page: str) -> str:
        return f"{self.base}{page}"

    def names(self) -> dict[str, str]:
        return {name: f"127.0.0.1:{8081 + at}" for at, name in enumerate(self.servers)}

    def text(self) -> str:
        return str(self.execute("cat", self.path))

    def snapshot(self) -> tuple[str, str]:
        """The file and its rights, and the master process, which a reload keeps."""
        rights = self.execute("stat", "-c", "%a %u %i", self.path)
        return self.text(), rights + self.execute("cat", "/run/nginx.pid")

    def write(self, text: str) -> None:
        self.execute("sh", "-c", f"cat > {self.path}", given=text)

    def append(self, line: str) -> None:
        self.write(f"{self.text()}{line}\n")

    def write_and_load(self, text: str) -> None:
        self.write(text)
        self.execute("nginx", "-s", "reload")
        time.sleep(3)

    def stop(self, name: str) -> None:
        """Nothing listens there any more."""
        port = 8081 + list(self.servers).index(name)
        self.write_and_load(self.text().replace(f"listen {port};", f"listen {port + 1000};"))


@contextlib.contextmanager
def nginx_of_machine(host: lab.Host) -> Iterator[Nginx]:
    running = Nginx(f"http://{host.address()}", host.execute)
    fill(running)
    host.execute("rm", "-f", "/etc/nginx/sites-enabled/default")
    host.execute("systemctl", "start", "nginx")
    wait_for("nginx", lambda: running.ask() in running.servers, 15)
    yield running


def fill(running: Nginx) -> None:
    """Its configuration, and what is answered slowly."""
    running.write(conf(running.servers))
    for name in running.servers:
        make = f"mkdir -p /srv/{name} && head -c 200000 /dev/zero > /srv/{name}/slow"
        running.execute("sh", "-c", make)


@contextlib.contextmanager
def nginx_of_project(folder: Path) -> Iterator[tuple[lab.Project, Nginx]]:
    """In a container that cannot write its file: it is mounted by itself, and read-only."""
    home = folder / "project"
    home.mkdir()
    (home / "shop.conf").write_text(conf(("a", "b", "c")))
    project, port = lab.Project(lab.fresh_name(), home), lab.free_port()
    project.set(COMPOSE_PROJECT_NAME=project.name)
    gateway = {
        "image": "oncall-lab/nginx:1",
        "pull_policy": "never",
        "volumes": [f"./shop.conf:{FILE}:ro"],
        "ports": [f"127.0.0.1:{port}:80"],
    }
    (home / "compose.yaml").write_text(yaml.safe_dump({"services": {"gateway": gateway}}))

    def execute(*command: str, given: str | None = None) -> str:
        if given is not None:
            (home / "shop.conf").write_text(given)
            return ""
        return project.execute("gateway", *command)

    try:
        project.compose("up", "--detach")
        running = Nginx(f"http://127.0.0.1:{port}", execute)
        fill(running)
        wait_for("nginx", lambda: running.ask() in running.servers, 15)
        yield project, running
    finally:
        project.remove()
