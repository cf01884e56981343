# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real servers for the tests: PyPI's embedded PostgreSQL, and Debian's as root."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


def _module(name: str, path: Path) -> ModuleType:
    """Tests are no package; their helpers are loaded by path, once."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.hookimpl(tryfirst=True)  # before the fixtures
def pytest_runtest_setup() -> None:
    """make test sets an end; what has not begun by then does not begin, and the skip says so."""
    if time.time() > float(os.environ.get("TESTS_END", "inf")):
        pytest.skip("no time is left in this run of all tests")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands on containers, machines with systemd or a cluster is known by its place."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in ("lab", "platforms") or item.path.name.endswith("_platforms.py"):
            item.add_marker(pytest.mark.lab)
        if item.path.name.endswith("_platforms.py"):
            item.add_marker(pytest.mark.platforms)
        if item.get_closest_marker("lab"):
            # It may have to start machines or a stack in a cluster first.
            item.add_marker(pytest.mark.timeout(900))
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.slow)
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=place_in_line)


def place_in_line(item: pytest.Item) -> tuple[int, int]:
    """What takes longest begins first, or all others would wait for it at the end. Groups of one
    folder are spread out: all that need a cluster at the same time would be too much for it."""
    spread = zlib.crc32(group(item).encode())
    if item.path.name.endswith("_platforms.py"):
        return 0, spread
    if item.get_closest_marker("lab"):
        return 1, spread
    return 2 if item.get_closest_marker("slow") else 3, spread


def group(item: pytest.Item) -> str:
    """Of the tests that share what they start: those of a file, or of a file and its platform."""
    callspec = getattr(item, "callspec", None)
    platform = callspec.params.get("stack", "") if callspec else ""
    return f"{item.path.relative_to(HERE)} {platform}".strip()


lab = _module("oncall_lab_postgres", HERE.parent / "lab" / "postgres.py")
harness = _module("oncall_harness", HERE / "harness.py")


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    harness.end_what_was_started()


@pytest.fixture(scope="session", params=["embedded", "debian"])
def engine(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name == "debian" and (missing := lab.debian_missing()):
        pytest.skip(missing)
    return name


@pytest.fixture(scope="session")
def server(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL with max_connections=20, of which an application can use 17."""
    folder = tmp_path_factory.mktemp(f"postgres-{engine}")
    folder.chmod(0o755)
    started = lab.start(folder, engine=engine)
    yield started
    lab.stop(folder, delete=True)


@pytest.fixture
def quiet(server: Any) -> Iterator[Any]:
    """The server without an application's sessions, before and after."""
    lab.release(server)
    yield server
    lab.release(server)


def entry(server: Any, *, admin: bool = True, **more: Any) -> dict[str, Any]:
    """The catalog entry of a laboratory server, as a user writes it."""
    way = {"via": "tcp", "host": lab.HOST, "port": server.port, "database": lab.DATABASE}
    postgresql = {
        **way,
        "user": "oncall",
        "password_file": str(server.password_file("oncall")),
        **more,
    }
    if admin:
        postgresql["admin"] = {
            "user": lab.SUPERUSER,
            "password_file": str(server.password_file(lab.SUPERUSER)),
        }
    return {"kind": "postgresql", "platform": "external", "postgresql": postgresql}


@pytest.fixture
def site(quiet: Any, tmp_path: Path) -> Any:
    return harness.make_site(tmp_path, {"db": entry(quiet)})
