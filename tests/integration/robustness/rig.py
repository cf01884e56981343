# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What these tests share: two servers to work on at once, journals as a stranger reads them, a trap."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]

PLAYBOOK = "db_connection_exhausted"
# 17 idle sessions of 17 slots: 4 must go for usage to be below 80 %.
LEAKED = lab.FULL
LEFT = LEAKED - 4
QUICK = {"idle_seconds": 1, "hold_seconds": 1, "timeout_seconds": 30}
BELOW_XDIST = "PYTEST_XDIST_WORKER" in os.environ
WORKERS = 1 if BELOW_XDIST else 2
LANES = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


# ---------------------------------------------------------------- the inventory


def entry(port: int, password: Path | str, /, **postgresql: Any) -> dict[str, Any]:
    """A catalog entry, as a user writes it; a key that is None is left out."""
    way = {
        "via": "tcp",
        "host": lab.HOST,
        "port": port,
        "database": lab.DATABASE,
        "user": "oncall",
        "password_file": str(password),
        **postgresql,
    }
    kept = {key: value for key, value in way.items() if value is not None}
    return {"kind": "postgresql", "platform": "external", "postgresql": kept}


def of_server(server: Any, /, **postgresql: Any) -> dict[str, Any]:
    admin = {"user": lab.SUPERUSER, "password_file": str(server.password_file(lab.SUPERUSER))}
    return entry(server.port, server.password_file("oncall"), **{"admin": admin, **postgresql})


def changed(original: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**copy.deepcopy(dict(original)), **more}


def extra(variables: Mapping[str, Any]) -> list[str]:
    return ["-e", json.dumps(variables)]


# ---------------------------------------------------------------- two at once


@dataclass
class Lane:
    """A server of its own, so that two runbooks can be tried at the same time."""

    server: Any
    folder: Path
    crowd: Crowd = field(init=False)

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.server)

    def site(self, name: str, **settings: Any) -> Any:
        return harness.make_site(self.folder / name, {"db": of_server(self.server)}, settings)

    def exhaust(self, sessions: int = LEAKED) -> None:
        """The application leaks its sessions, old enough to be ended."""
        self.crowd.leave()
        self.crowd.open(sessions)
        self.crowd.age()

    def sessions(self) -> int:
        return len(self.crowd.alive())


def parallel(
    work: Callable[[Any, Item], Result], items: Iterable[Item], lanes: Sequence[Any]
) -> dict[Item, Future[Result]]:
    """work(lane, item) for each item, as many at once as there are lanes."""
    free: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def one(item: Item) -> Result:
        lane = free.get()
        try:
            return work(lane, item)
        finally:
            free.put(lane)

    with ThreadPoolExecutor(len(lanes)) as pool:
        return {item: pool.submit(one, item) for item in items}


def ahead(
    request: Any, name: str, work: Callable[[Any, Any], Result], lanes: Sequence[Any]
) -> Callable[[Any], Result]:
    """What work(lane, case) answers for a test's case.

    All cases that were selected are worked out before the first test, two at once. Below
    pytest-xdist, where each worker has its own tests, each is worked out when it is asked for.
    """
    if BELOW_XDIST:
        return lambda case: work(lanes[0], case)
    found = parallel(work, selected(request, name), lanes[:WORKERS])
    return lambda case: found[case].result()


def sample(cases: Sequence[Any], each: int) -> list[Any]:
    """Of every so many cases the first; the others are for those who have the time."""
    return [
        case if number % each == 0 else pytest.param(case, marks=pytest.mark.soak)
        for number, case in enumerate(cases)
    ]


def selected(request: Any, name: str) -> list[Any]:
    """The values of a parameter, of the tests of this file that are going to run."""
    calls = [
        getattr(item, "callspec", None)
        for item in request.session.items
        if item.path == request.path
    ]
    return list(dict.fromkeys(call.params[name] for call in calls if call and name in call.params))


# ---------------------------------------------------------------- the record


def journal(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "journal.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def journals(state: Path) -> dict[str, list[dict[str, Any]]]:
    return {path.parent.name: journal(path.parent) for path in state.glob("incidents/*/*.jsonl")}


def of_type(lines: Iterable[Mapping[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [dict(line) for line in lines if line["type"] in kinds]


def seal(number: int, kind: str, data: Mapping[str, Any], before: str) -> str:
    """A line as another program would write it."""
    line = {
        "n": number,
        "at": "2026-11-21T03:04:05.000000Z",
        "run": "20261121-030405-aaaa",
        "type": kind,
        "service": None,
        "data": dict(data),
        "prev": before,
    }
    return json.dumps({**line, "hash": digest(line)})


def digest(line: Mapping[str, Any]) -> str:
    body = {key: value for key, value in line.items() if key != "hash"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(lines: Sequence[Mapping[str, Any]]) -> bool:
    """The chain of docs/contracts.md, judged without the product's own code."""
    before = "0" * 64
    for number, line in enumerate(lines, start=1):
        if digest(line) != line["hash"]:
            return False
        if (line["n"], line["prev"]) != (number, before):
            return False
        before = line["hash"]
    return True


def open_intents(lines: Iterable[Mapping[str, Any]]) -> set[int]:
    """Changes that were announced and of which nothing more is said."""
    found = set()
    for line in lines:
        if line["type"] == "change_intended":
            found.add(line["data"]["number"])
        elif line["type"] in ("change_made", "change_failed", "change_cut_off"):
            found.discard(line["data"]["number"])
    return found


def held_locks(state: Path) -> list[Path]:
    return list(state.glob("locks/*.lock"))


def written(state: Path) -> list[Path]:
    return [path for path in state.rglob("*") if path.is_file()]


def untouched(state: Path) -> bool:
    """No incident, no lock."""
    return not list(state.glob("incidents/*")) and not list(state.glob("locks/*"))


# ---------------------------------------------------------------- processes


def descendants(pid: int) -> list[int]:
    """The process and what it started, the youngest first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found[::-1]


def tell(pid: int, number: signal.Signals) -> None:
    """Signal a run with all that it started, none of which may start another one meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: stopped(pid))
    for one in descendants(pid):
        with suppress(ProcessLookupError):
            os.kill(one, number)
    if number not in (signal.SIGSTOP, signal.SIGKILL):
        os.kill(pid, signal.SIGCONT)


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TZ"


def finish(process: subprocess.Popen[str], timeout: float = 120) -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=timeout)
    return process.returncode, stdout, stderr


def wait_for(condition: Callable[[], Any], timeout: float = 60) -> Any:
    end = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def said(state: Path, kind: str, **data: Any) -> Callable[[], bool]:
    """Whether some journal holds a line of this type, with this data."""

    def look() -> bool:
        with suppress(OSError, ValueError):
            return any(
                line["type"] == kind and data.items() <= line["data"].items()
                for lines in journals(state).values()
                for line in lines
            )
        return False

    return look


# ---------------------------------------------------------------- a server that only counts


class Trap:
    """Listens and never answers. Whoever connects stays in its queue, and is counted."""

    def __init__(self) -> None:
        self._socket = socket.create_server((lab.HOST, 0), backlog=16)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])

    def connections(self) -> int:
        number = 0
        with suppress(BlockingIOError):
            while True:
                self._socket.accept()[0].close()
                number += 1
        return number

    def close(self) -> None:
        self._socket.close()


@contextmanager
def trap() -> Iterator[Trap]:
    made = Trap()
    try:
        yield made
    finally:
        made.close()


# ---------------------------------------------------------------- accidents


def accident(plan: Mapping[str, Any] | None = None, log: Path | None = None) -> dict[str, str]:
    """The environment of a run that meets with one: see callbacks/at_task.py."""
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callbacks")),
        "ANSIBLE_CALLBACKS_ENABLED": "at_task",
        "AT_TASK": json.dumps(plan or {}),
        **({"AT_TASK_LOG": str(log)} if log else {}),
    }


def with_psql() -> str:
    """PATH with the psql of the embedded server, for machines that have none."""
    return f"{os.environ['PATH']}{os.pathsep}{lab._embedded_bin()}"
