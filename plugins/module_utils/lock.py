# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time changes a service: a lease with an owner and a fencing number.

The lease is judged on the machine's boot clock, so a wall clock that jumps neither ends
nor prolongs it. A lease may be taken over when it has run out, or at once when its owner
provably died on this machine. Whoever takes over gets a higher fencing number, and an
owner who wakes up late is refused at the next change.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.oncall.runbooks.plugins.module_utils.processes import (
    pid_namespace,
    start_ticks,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds, stamp

State = dict[str, Any]


class LockHeld(RuntimeError):
    """Somebody else changes this service now."""

    def __init__(self, state: State) -> None:
        self.owner: State = state["owner"]
        self.until: str = state["until"]
        who = f"{self.owner['user']} on {self.owner['host']} (pid {self.owner['pid']})"
        super().__init__(
            f"held by {who}, incident {self.owner['incident']}, run {self.owner['run']}, until {self.until}"
        )


class LockLost(RuntimeError):
    """The lease ran out and another run took the service over."""


@dataclass(frozen=True)
class Taken:
    fence: int
    until: str
    took_over: State | None


def boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def boot_clock() -> float:
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def identity(pid: int, **more: object) -> State:
    return {
        "host": socket.gethostname(),
        "pid": pid,
        "pid_started": start_ticks(pid),
        "pid_namespace": pid_namespace(),
        **more,
    }


# What a lock's owner and lease were, and the last fencing number that was given out; from these
# what they become. Raises LockHeld or LockLost, and then nothing is written.
# Null is no owner at all.
Change = Callable[[Any, int], tuple[Any, int]]


class LockUnavailable(RuntimeError):
    """Where the lock is kept cannot be reached: nobody knows who holds it."""


class Store(Protocol):
    """Where a lock is kept. Reading, deciding and writing is one step for all who share it."""

    def read(self) -> State | None: ...
    def exchange(self, change: Change) -> None: ...


class Lock:
    """The lock of one service, wherever it is kept."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def acquire(self, owner: Mapping[str, Any], lease_s: float) -> Taken:
        if owner.get("pid_started") is None and start_ticks(os.getpid()):
            # A worker that outlives its run would leave a lease that nobody gives back.
            raise LockLost("the run that asks for the lock is gone; nothing is changed")
        taken: list[Taken] = []

        def take(state: State | None, fence: int) -> tuple[State, int]:
            took_over = None
            if state and state["owner"]["run"] != owner["run"]:
                why = takeover_reason(state)
                if not why:
                    raise LockHeld(state)
                took_over = {**state["owner"], "why": why}
            number = fence + 1 if not state or took_over else state["fence"]
            now = held(dict(owner), number, lease_s)
            taken.append(Taken(number, now["until"], took_over))
            return now, max(fence, number)

        self.store.exchange(take)
        return taken[-1]

    def confirm(self, run: str, fence: int, lease_s: float, worker: int | None = None) -> str:
        """Still ours? Renew it. Called right before each change, by the process that makes it."""
        until: list[str] = []

        def renew(state: State | None, last: int) -> tuple[State, int]:
            if not state or state["fence"] != fence or state["owner"]["run"] != run:
                now = str(LockHeld(state)) if state else "free"
                raise LockLost(
                    f"the lock of this service is no longer this run's (it is {now}); nothing more is changed"
                )
            owner = {**state["owner"], "worker": identity(worker) if worker else None}
            renewed = held(owner, fence, lease_s)
            until.append(renewed["until"])
            return renewed, last

        self.store.exchange(renew)
        return until[-1]

    def release(self, run: str) -> int | None:
        """Give it back; the fencing number, or None when it was not ours."""
        given: list[int | None] = []

        def give(state: State | None, last: int) -> tuple[State | None, int]:
            ours = state is not None and state["owner"]["run"] == run
            given.append(int(state["fence"]) if state is not None and ours else None)
            return (None if ours else state), last

        self.store.exchange(give)
        return given[-1]

    def left_behind(self) -> bool:
        """Whether a run that was cut off still has it."""
        state = self.store.read()
        return bool(state and takeover_reason(state))


def held(owner: State, fence: int, lease_s: float) -> State:
    return {
        "owner": owner,
        "fence": fence,
        "until": stamp(time.time() + lease_s),
        "boot_id": boot_id(),
        "until_boot_clock": boot_clock() + lease_s,
    }


class ServiceLock(Lock):
    """The lock as a file in a folder that all runs of a machine share."""

    def __init__(self, folder: Path | str, name: str) -> None:
        files = Files(Path(folder), name)
        super().__init__(files)
        self.folder, self.path, self.guard = files.folder, files.path, files.guard


class Files:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.path = self.folder / f"{name}.lock"
        self._fence = self.folder / f"{name}.fence"

    def read(self) -> State | None:
        try:
            state = json.loads(self.path.read_text())
            return {**state, "owner": dict(state["owner"]), "fence": int(state["fence"])}
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            raise LockLost(
                f"{self.path} is damaged, so nobody can tell who holds this service; nothing is changed; "
                "when no run is at work, delete the file"
            ) from None

    def exchange(self, change: Change) -> None:
        with self.guard():
            state, fence = self.read(), self._last_fence()
            after, number = change(state, fence)
            if number != fence:
                self._write(self._fence, str(number))
            if after is None and state is not None:
                self.path.unlink()
            elif after is not None and after != state:
                self._write(self.path, json.dumps(after, sort_keys=True))

    def _last_fence(self) -> int:
        try:
            return int(self._fence.read_text())
        except FileNotFoundError:
            return 0
        except ValueError:
            raise LockLost(
                f"{self._fence} is damaged; nothing is changed; when no run is at work, delete the file"
            ) from None

    def _write(self, path: Path, text: str) -> None:
        """Whole or not at all: a lock that is half written would be nobody's."""
        temporary = path.with_suffix(f".{os.getpid()}.new")
        with open(temporary, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """The kernel drops this one when its holder dies."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_suffix(".guard").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def takeover_reason(state: State) -> str:
    """Why a lease may be taken over; empty when it may not."""
    owner = state["owner"]
    # Without a boot to name, the boot clock says nothing: not Linux, perhaps another boot.
    if owner["host"] != socket.gethostname() or not state["boot_id"]:
        return "its lease ran out" if time.time() > seconds(state["until"]) else ""
    if state["boot_id"] != boot_id():
        return "its machine was restarted"
    if boot_clock() > state["until_boot_clock"]:
        return "its lease ran out"
    return (
        ""
        if any(alive(process) for process in (owner, owner.get("worker")))
        else "its process is gone"
    )


def alive(process: State | None) -> bool:
    """Only what can be looked up here can be known to be dead: not what runs in another container."""
    if process is None:
        return False
    if process["pid_started"] is None or process["pid_namespace"] != pid_namespace():
        return True
    return bool(start_ticks(process["pid"]) == process["pid_started"])
