# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A shop of real processes: an api that needs a real PostgreSQL, a worker, and what keeps them.

No root, no Docker: the platform is 'command', its commands are those of tests/lab/services.py.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import town as towns

HERE = Path(__file__).resolve().parent


def _module(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


lab = _module("oncall_lab_services", HERE.parents[1] / "lab" / "services.py")
databases = _module("oncall_lab_postgres", HERE.parents[1] / "lab" / "postgres.py")
harness = _module("oncall_harness", HERE.parent / "harness.py")


def manager(folder: Path, verb: str, name: str, *more: str) -> list[str]:
    program = HERE.parents[1] / "lab" / "services.py"
    return [sys.executable, str(program), verb, "--dir", str(folder), name, *more]


@dataclass
class Shop:
    folder: Path
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    databases: Any = databases
    lab: Any = lab

    def manager(self, verb: str, name: str, *more: str) -> list[str]:
        return manager(self.folder, verb, name, *more)

    def add(self, name: str, kind: str = "http", needs: str = "", **more: Any) -> None:
        """A running service and its catalog entry."""
        port = lab.make(self.folder, name, needs, more.pop("instances", 1))
        verbs = ("start", "stop", "restart", "status", "logs", "scale")
        command = {verb: manager(self.folder, verb, name) for verb in verbs}
        command["rollback"] = manager(self.folder, "switch", name)
        self.services[name] = {
            "kind": kind,
            "platform": "command",
            "command": command,
            "health": {"url": f"http://127.0.0.1:{port}/health", "seconds": 2},
            **more,
        }
        lab.start(self.folder, name)
        self.answers(name)

    def site(self, **settings: Any) -> Any:
        kinds: dict[str, list[str]] = {}
        for name, entry in self.services.items():
            kinds.setdefault(f"kind_{entry['kind']}", []).append(name)
        return harness.make_site(self.folder, self.services, settings, kinds)

    def deploy(self, name: str, label: str, behaviour: str) -> None:
        lab.release(self.folder, name, label, behaviour)
        lab.switch(self.folder, name, label)

    def status(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = lab.status(self.folder, name)
        return found

    def starts(self, name: str) -> list[str]:
        """When each instance was started: another one tells of a restart."""
        return [one["started_at"] for one in self.status(name)["instances"]]

    def stop(self, name: str) -> None:
        lab.stop(self.folder, name)

    def answers(self, name: str) -> None:
        """Until it takes connections."""
        port = lab.read(self.folder / name / "service.json")["port"]

        def takes_us() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        lab.wait_for(takes_us, 10)

    def make_sick(self, name: str) -> None:
        self.answers(name)
        (self.folder / name / "sick-now").touch()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    for name in made.services:
        if (tmp_path / name / "service.json").exists():
            lab.stop(tmp_path, name)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("db")
    folder.chmod(0o755)
    started = databases.start(folder, engine="embedded")
    yield started
    databases.stop(folder, delete=True)


@pytest.fixture
def with_database(shop: Shop, database: Any) -> Callable[[], str]:
    """Adds the database to the shop; where it listens."""

    def add() -> str:
        program = HERE.parents[1] / "lab" / "postgres.py"
        command = {
            verb: [sys.executable, str(program), verb, "--dir", str(database.directory)]
            for verb in ("start", "stop", "restart", "status")
        }
        databases.start(database.directory, engine="embedded")
        # The lab's own status succeeds when it is down, too.
        alive = f"import socket; socket.create_connection(('127.0.0.1', {database.port}), 2)"
        command["status"] = [sys.executable, "-c", alive]
        shop.services["db"] = {
            "kind": "postgresql",
            "platform": "command",
            "command": command,
            "postgresql": {
                "via": "tcp",
                "host": "127.0.0.1",
                "port": database.port,
                "database": "shop",
                "user": "oncall",
                "password_file": str(database.password_file("oncall")),
            },
        }
        return f"127.0.0.1:{database.port}"

    return add


# Of a town: this machine is busy with other tests, and its load is nobody's fault here.
CALM = {"load_percent": 10000, "memory_percent": 100, "disk_percent": 100}


@pytest.fixture
def town(database: Any, tmp_path: Path) -> Iterator[towns.Town]:
    """Ten services that need each other, for each test anew."""
    databases.start(database.directory, engine="embedded")
    with towns.open_town(tmp_path, database) as opened:
        yield opened


@pytest.fixture
def town_site(town: towns.Town, tmp_path: Path) -> Any:
    return harness.make_site(tmp_path, town.services(), {}, town.groups())


def extra(**variables: Any) -> list[str]:
    return ["-e", json.dumps(variables)]
