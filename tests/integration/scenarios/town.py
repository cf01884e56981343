# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ten services that really run and need each other, and ways to break them one at a time.

gateway -> web, api    web -> api    api -> db, cache    worker -> db, queue    queue -> cache
bot -> api    indexer -> db, node    wallet -> node
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TENANT = Path(__file__).with_name("tenant.py")
HOST = "127.0.0.1"
KINDS = {
    "db": "postgresql", "cache": "redis", "queue": "queue", "api": "http", "web": "http", "gateway": "proxy",
    "worker": "worker", "bot": "bot", "indexer": "indexer", "node": "chain_node",
}  # fmt: skip
NEEDS = {
    "gateway": ["web", "api"], "web": ["api"], "api": ["db", "cache"], "worker": ["db", "queue"],
    "queue": ["cache"], "bot": ["api"], "indexer": ["db", "node"],
}  # fmt: skip
# Whoever is needed starts first.
ORDER = ["db", "cache", "node", "queue", "api", "web", "gateway", "worker", "bot", "indexer"]
# The controller reaches these itself; the others are asked from their host.
PUBLIC = ("gateway", "web", "api")


@dataclass
class Town:
    folder: Path
    database: Any
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        needs = [f"{HOST}:{self.port(other)}" for other in NEEDS.get(name, ())]
        words = [sys.executable, str(TENANT), str(self.port(name)), *needs]
        self.processes[name] = subprocess.Popen(words, start_new_session=True)
        (self.folder / f"{name}.pid").write_text(str(self.processes[name].pid))

    def port(self, name: str) -> int:
        if name == "db":
            return int(self.database.port)
        if name not in self.ports:
            with socket.socket() as probe:
                probe.bind((HOST, 0))
                self.ports[name] = probe.getsockname()[1]
        return self.ports[name]

    def url(self, name: str, path: str = "/health") -> str:
        return f"http://{HOST}:{self.port(name)}{path}"

    def status(self, name: str, path: str = "/health", data: bytes | None = None) -> int:
        request = urllib.request.Request(self.url(name, path), data)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def wait(self, seconds: float = 20) -> None:
        for name in ORDER[1:]:
            end = time.monotonic() + seconds
            while self.status(name) != 200:
                assert time.monotonic() < end, f"{name} does not come up"
                time.sleep(0.05)

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def services(self, **more: Mapping[str, Any]) -> dict[str, Any]:
        """The catalog, as a user writes it."""
        return {name: {**self.entry(name), **more.get(name, {})} for name in ORDER}

    def entry(self, name: str) -> dict[str, Any]:
        needs = {"depends_on": NEEDS[name]} if name in NEEDS else {}
        if name == "db":
            way = {
                "via": "tcp",
                "host": HOST,
                "port": self.database.port,
                "database": "shop",
                "user": "oncall",
            }
            password = {"password_file": str(self.database.password_file("oncall"))}
            return {"kind": "postgresql", "platform": "external", "postgresql": {**way, **password}}
        alive = ["sh", "-c", f"kill -0 $(cat {self.folder}/{name}.pid)"]
        place = "controller" if name in PUBLIC else "host"
        return {
            "kind": KINDS[name],
            "platform": "command",
            "command": {"status": alive},
            "health": {"url": self.url(name), "status": 200, "from": place},
            **needs,
        }

    def groups(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for name in ORDER:
            groups.setdefault(f"kind_{KINDS[name]}", []).append(name)
        return groups


@contextmanager
def open_town(folder: Path, database: Any) -> Iterator[Town]:
    town = Town(folder, database)
    try:
        for name in ORDER[1:]:
            town.start(name)
        town.wait()
        yield town
    finally:
        for name in list(town.processes):
            town.stop(name)
