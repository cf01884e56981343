# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time changes a service: a lease with an owner and a fencing number.

The lease is judged on a boot clock, so a wall clock that jumps neither ends nor prolongs it:
on that of the machine where the lock is kept, which is the same for all who share it. Where
that clock is not known, or was started anew, the wall clock decides. A lease may be taken over
when it has run out, or at once when its owner provably died on this machine. Whoever takes over
gets a higher fencing number, and an owner who wakes up late is refused at the next change.
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
from typing import Any, NamedTuple, Protocol

from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import INCIDENT_PATTERN
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


class Clock(NamedTuple):
    """Seconds since a boot, and which boot it was; without its name the clock says nothing."""

    boot_id: str
    now: float


def here() -> Clock:
    return Clock(boot_id(), boot_clock())


def identity(pid: int, **more: object) -> State:
    return {
        "host": socket.gethostname(),
        "boot_id": boot_id(),
        "pid": pid,
        "pid_started": start_ticks(pid),
        "pid_namespace": pid_namespace(),
        **more,
    }


class Seen(NamedTuple):
    """A lock as it was read: its owner and lease, the last fencing number that was given out, and
    the clock that judges the lease."""

    state: State | None
    fence: int
    clock: Clock


# From these, what owner and number become. Raises LockHeld or LockLost, and then nothing is written.
# Null is no owner at all.
Change = Callable[[Seen], tuple[Any, int]]


class LockUnavailable(RuntimeError):
    """Where the lock is kept cannot be reached, or read: nobody knows who holds it."""

    def __init__(self, message: str, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


class HostGone(LockUnavailable):
    """The machine where it is kept does not answer at all, so nobody can take it there."""


class Store(Protocol):
    """Where a lock is kept. Reading, deciding and writing is one step for all who share it."""

    def read(self) -> Seen: ...

    def exchange(self, change: Change, note: undos.Note | None = None) -> None:
        """`note` is what becomes of the open undos beside the lock, in the same step."""

    def beside(self) -> undos.Beside:
        """The open undos that lie beside the lock."""

    def ready(self) -> None:
        """For check mode: raises LockUnavailable where the lock could not be taken."""

    def renewed_lately(self, within_s: float) -> bool:
        """Whether a wait may go on without asking, where asking takes a connection."""


class Lock:
    """The lock of one service, wherever it is kept."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def acquire(self, owner: Mapping[str, Any], lease_s: float) -> Taken:
        if owner.get("pid_started") is None and start_ticks(os.getpid()):
            # A worker that outlives its run would leave a lease that nobody gives back.
            raise LockLost("the run that asks for the lock is gone; nothing is changed")
        taken: list[Taken] = []

        def take(seen: Seen) -> tuple[State, int]:
            state, took_over = seen.state, None
            if state and state["owner"]["run"] != owner["run"]:
                why = takeover_reason(state, seen.clock)
                if not why:
                    raise LockHeld(state)
                took_over = {**state["owner"], "why": why}
            number = seen.fence + 1 if not state or took_over else state["fence"]
            now = held(dict(owner), number, lease_s, seen.clock)
            taken.append(Taken(number, now["until"], took_over))
            return now, max(seen.fence, number)

        self.store.exchange(take)
        return taken[-1]

    def confirm(
        self,
        run: str,
        fence: int,
        lease_s: float,
        worker: int | None = None,
        note: undos.Note | None = None,
    ) -> str:
        """Still ours? Renew it. Called right before each change, by the process that makes it."""
        until: list[str] = []

        def renew(seen: Seen) -> tuple[State, int]:
            state = seen.state
            if not state or state["fence"] != fence or state["owner"]["run"] != run:
                now = str(LockHeld(state)) if state else "free"
                raise LockLost(
                    f"the lock of this service is no longer this run's (it is {now}); nothing more is changed"
                )
            owner = {**state["owner"], "worker": identity(worker) if worker else None}
            renewed = held(owner, fence, lease_s, seen.clock)
            until.append(renewed["until"])
            return renewed, seen.fence

        self.store.exchange(renew, note)
        return until[-1]

    def keep(self, run: str, fence: int, lease_s: float) -> None:
        """Confirm it while a run waits and changes nothing: as often as it takes, and no more."""
        if not self.store.renewed_lately(lease_s / 4):
            self.confirm(run, fence, lease_s)

    def release(self, run: str) -> int | None:
        """Give it back; the fencing number, or None when it was not ours."""
        given: list[int | None] = []

        def give(seen: Seen) -> tuple[State | None, int]:
            state = seen.state
            ours = state is not None and state["owner"]["run"] == run
            given.append(int(state["fence"]) if state is not None and ours else None)
            return (None if ours else state), seen.fence

        self.store.exchange(give)
        return given[-1] if given else None

    def note(self, note: undos.Note) -> None:
        """Something became of an undo, whoever has the lock."""
        self.store.exchange(lambda seen: (seen.state, seen.fence), note)

    def left_behind(self) -> bool:
        """Whether a run that was cut off still has it."""
        seen = self.store.read()
        return bool(seen.state and takeover_reason(seen.state, seen.clock))


def held(owner: State, fence: int, lease_s: float, clock: Clock) -> State:
    return {
        "owner": owner,
        "fence": fence,
        "until": stamp(time.time() + lease_s),
        "boot_id": clock.boot_id,
        "until_boot_clock": clock.now + lease_s,
    }


TEXT_MAX = 255


def checked_state(found: Any) -> State:
    """A lock as others wrote it: data, of which no part is believed to have its form."""
    owner = found["owner"]
    texts = [owner[key] for key in ("user", "host", "run", "incident")]
    texts += [found["until"], found["boot_id"]]
    clean = all(
        isinstance(text, str) and len(text) <= TEXT_MAX and (text.isprintable() or not text)
        for text in texts
    )
    if not (clean and INCIDENT_PATTERN.fullmatch(owner["incident"])):
        raise ValueError("an owner's fields")
    seconds(found["until"])
    for process in (owner, owner.get("worker")):
        if process is not None:
            int(process["pid"])
            dict(process)["pid_started"], dict(process)["pid_namespace"]
    return {
        **found,
        "owner": dict(owner),
        "fence": int(found["fence"]),
        "until_boot_clock": float(found["until_boot_clock"]),
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

    def read(self) -> Seen:
        return Seen(self._state(), self._last_fence(), here())

    def beside(self) -> undos.Beside:
        """Who shares the folder reads the journals: they lie in it, too."""
        return undos.NOTHING

    def ready(self) -> None:
        """The incident itself lies in the same folder."""

    def renewed_lately(self, within_s: float) -> bool:
        return False  # it costs nothing to ask

    def _state(self) -> State | None:
        try:
            return checked_state(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            raise LockLost(
                f"{self.path} is damaged, so nobody can tell who holds this service; nothing is changed; "
                "when no run is at work, delete the file"
            ) from None

    def exchange(self, change: Change, note: undos.Note | None = None) -> None:
        with self.guard():
            seen = self.read()
            after, number = change(seen)
            if number != seen.fence:
                self._write(self._fence, str(number))
            if after is None and seen.state is not None:
                self.path.unlink()
            elif after is not None and after != seen.state:
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


def takeover_reason(state: State, clock: Clock) -> str:
    """Why a lease may be taken over; empty when it may not."""
    owner, same_name = state["owner"], state["owner"]["host"] == socket.gethostname()
    owners_boot = owner.get("boot_id", state["boot_id"])
    if state["boot_id"] and state["boot_id"] == clock.boot_id:
        over = clock.now > state["until_boot_clock"]
    elif same_name and state["boot_id"] and state["boot_id"] == owners_boot:
        # Kept on the machine that it was taken from, as that machine's clock tells.
        return "its machine was restarted"
    else:
        over = time.time() > seconds(state["until"])
    if over:
        return "its lease ran out"
    if not (same_name and owners_boot and owners_boot == boot_id()):
        return ""
    gone = not any(alive(process) for process in (owner, owner.get("worker")))
    return "its process is gone" if gone else ""


def alive(process: State | None) -> bool:
    """Only what can be looked up here can be known to be dead: not what runs in another container."""
    if process is None:
        return False
    if process["pid_started"] is None or process["pid_namespace"] != pid_namespace():
        return True
    return bool(start_ticks(process["pid"]) == process["pid_started"])
