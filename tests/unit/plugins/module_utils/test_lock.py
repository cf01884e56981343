# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time: with real processes that race, die, stop and wake up too late."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import lock as lock_module
from ansible_collections.oncall.runbooks.plugins.module_utils import processes
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    LockHeld,
    LockLost,
    ServiceLock,
    boot_clock,
    identity,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

fork = multiprocessing.get_context("fork")
NAME = "postgresql-db.example.org-5432-0a1b2c3d"
LEASE_S = 60.0
IMPORTED = time.time()


@pytest.fixture
def lock(tmp_path: Path) -> ServiceLock:
    return ServiceLock(tmp_path / "locks", NAME)


def owner(run: str, pid: int | None = None) -> dict[str, Any]:
    return identity(pid or os.getpid(), run=run, incident=f"INC-{run}", user="ada", worker=None)


@contextmanager
def process(work: Callable[[Connection], None]) -> Iterator[tuple[Any, Connection]]:
    """A real process that does the work and talks over a pipe; it is gone afterwards."""
    here, there = fork.Pipe()
    child = fork.Process(target=work, args=(there,))
    child.start()
    there.close()
    try:
        yield child, here
    finally:
        child.kill()
        child.join(10)
        child.close()
        here.close()


def said(connection: Connection) -> Any:
    assert connection.poll(10), "the process said nothing"
    return connection.recv()


def holder(lock: ServiceLock, run: str, lease_s: float = LEASE_S) -> Callable[[Connection], None]:
    """Takes the lock, tells its fence, and confirms it whenever it is told to."""

    def work(connection: Connection) -> None:
        fence = lock.acquire(owner(run), lease_s).fence
        connection.send(fence)
        while connection.recv():
            try:
                connection.send(lock.confirm(run, fence, lease_s))
            except LockLost as error:
                connection.send(error)

    return work


def dead_pid() -> dict[str, Any]:
    """The identity of a process that was alive when it was taken."""
    with process(lambda connection: connection.send(identity(os.getpid()))) as (_child, heard):
        gone: dict[str, Any] = said(heard)
    return gone


def run_out(lock: ServiceLock) -> None:
    until = json.loads(lock.path.read_text())["until_boot_clock"]
    time.sleep(max(0.0, until - boot_clock()) + 0.01)


def test_the_first_owner(lock: ServiceLock) -> None:
    before = time.time()
    taken = lock.acquire(owner("run-1"), LEASE_S)
    assert (taken.fence, taken.took_over) == (1, None)
    assert before + LEASE_S <= seconds(taken.until) + 0.001 <= time.time() + LEASE_S + 0.001


def test_a_live_owner_keeps_it(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (child, heard):
        assert said(heard) == 1
        with pytest.raises(LockHeld) as held:
            lock.acquire(owner("run-2"), LEASE_S)
        assert str(held.value) == (
            f"held by ada on {socket.gethostname()} (pid {child.pid}), "
            f"incident INC-run-1, run run-1, until {held.value.until}"
        )


def test_a_stopped_owner_keeps_it_until_its_lease_ends(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (child, heard):
        said(heard)
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(LockHeld):
            lock.acquire(owner("run-2"), LEASE_S)


def test_the_same_run_goes_on_with_its_own(lock: ServiceLock) -> None:
    first = lock.acquire(owner("run-1"), LEASE_S)
    again = lock.acquire(owner("run-1"), LEASE_S + 1)
    assert (again.fence, again.took_over) == (first.fence, None)
    assert again.until > first.until


def test_a_free_lock_has_a_higher_fence_each_time(lock: ServiceLock) -> None:
    for number in (1, 2, 3):
        assert lock.acquire(owner(f"run-{number}"), LEASE_S).fence == number
        assert lock.release(f"run-{number}") == number


def test_services_do_not_share_it(lock: ServiceLock) -> None:
    other = ServiceLock(lock.folder, NAME + "2")
    assert lock.acquire(owner("run-1"), LEASE_S).fence == 1
    assert other.acquire(owner("run-2"), LEASE_S).fence == 1


def test_a_dead_owner_loses_it_at_once(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (_child, heard):
        said(heard)
    taken = lock.acquire(owner("run-2"), LEASE_S)
    assert taken.fence == 2
    assert taken.took_over
    assert (taken.took_over["run"], taken.took_over["why"]) == ("run-1", "its process is gone")


def test_a_zombie_is_dead(lock: ServiceLock) -> None:
    pid = os.fork()
    if not pid:
        lock.acquire(owner("run-1"), LEASE_S)
        os._exit(0)
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        fields = processes.stat_fields(pid)
        assert fields and fields[0] == "Z"
        taken = lock.acquire(owner("run-2"), LEASE_S)
        assert taken.took_over and taken.took_over["why"] == "its process is gone"
    finally:
        os.waitpid(pid, 0)


def test_another_process_with_the_same_pid_is_not_the_owner(lock: ServiceLock) -> None:
    lock.acquire({**owner("run-1"), "pid_started": "1"}, LEASE_S)
    taken = lock.acquire(owner("run-2"), LEASE_S)
    assert taken.took_over and taken.took_over["why"] == "its process is gone"


@pytest.mark.parametrize("name", [b"a) Z 1 (b", b"\xff\xfe\xc3", b"\xd0\xbf" * 7, b"a\tb c"])
def test_a_process_of_any_name_has_an_identity(name: bytes) -> None:
    def work(connection: Connection) -> None:
        Path("/proc/self/comm").write_bytes(name)
        connection.send(None)
        connection.recv()

    with process(work) as (child, heard):
        said(heard)
        started = processes.started_at(child.pid)
        assert started is not None and abs(time.time() - started) < 20
        assert str(processes.start_ticks(child.pid)).isdigit()


def test_since_when_a_process_runs() -> None:
    started = processes.started_at(os.getpid())
    assert started is not None and IMPORTED - 3600 < started < IMPORTED


def test_no_process_has_no_identity() -> None:
    gone = dead_pid()
    assert gone["pid_started"] is not None
    assert processes.start_ticks(gone["pid"]) is None
    assert processes.started_at(gone["pid"]) is None


def test_a_live_worker_keeps_the_lock_of_its_dead_run(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (_child, heard):
        fence = said(heard)
        lock.confirm("run-1", fence, LEASE_S, worker=os.getpid())
    with pytest.raises(LockHeld):
        lock.acquire(owner("run-2"), LEASE_S)


def test_a_dead_worker_does_not_keep_it(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (child, heard):
        lock.confirm("run-1", said(heard), LEASE_S, worker=child.pid)
    assert lock.acquire(owner("run-2"), LEASE_S).fence == 2


def test_who_wakes_up_too_late_is_refused(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1", lease_s=0.2)) as (child, heard):
        assert said(heard) == 1
        os.kill(child.pid, signal.SIGSTOP)
        run_out(lock)
        taken = lock.acquire(owner("run-2"), LEASE_S)
        assert taken.fence == 2
        assert taken.took_over and taken.took_over["why"] == "its lease ran out"
        os.kill(child.pid, signal.SIGCONT)
        heard.send("confirm")
        refused = said(heard)
        assert isinstance(refused, LockLost)
        assert "INC-run-2" in str(refused) and "nothing more is changed" in str(refused)
    assert lock.confirm("run-2", 2, LEASE_S)


def test_a_lease_that_ran_out_unnoticed_is_renewed(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1", lease_s=0.1)) as (_child, heard):
        said(heard)
        run_out(lock)
        heard.send("confirm")
        assert isinstance(said(heard), str)


def test_confirming_prolongs_it(lock: ServiceLock) -> None:
    taken = lock.acquire(owner("run-1"), 0.1)
    until = lock.confirm("run-1", taken.fence, LEASE_S)
    assert seconds(until) - seconds(taken.until) > LEASE_S - 1
    run_out_at = boot_clock() + 0.1
    time.sleep(max(0.0, run_out_at - boot_clock()) + 0.01)
    with pytest.raises(LockHeld):
        lock.acquire(owner("run-2"), LEASE_S)


@pytest.mark.parametrize(
    ("run", "fence"), [("run-1", 0), ("run-1", 2), ("run-2", 1), ("", 1), ("run-1", -1)]
)
def test_only_the_owner_with_its_fence_is_confirmed(
    lock: ServiceLock, run: str, fence: int
) -> None:
    lock.acquire(owner("run-1"), LEASE_S)
    before = lock.path.read_bytes()
    with pytest.raises(LockLost, match=r"held by ada on .*, run run-1,"):
        lock.confirm(run, fence, LEASE_S)
    assert lock.path.read_bytes() == before


def test_a_lock_given_back_is_confirmed_to_nobody(lock: ServiceLock) -> None:
    lock.acquire(owner("run-1"), LEASE_S)
    lock.release("run-1")
    with pytest.raises(LockLost, match="it is free"):
        lock.confirm("run-1", 1, LEASE_S)
    assert lock.acquire(owner("run-1"), LEASE_S).fence == 2
    with pytest.raises(LockLost):
        lock.confirm("run-1", 1, LEASE_S)


def test_only_the_owner_gives_it_back(lock: ServiceLock) -> None:
    assert lock.release("run-1") is None
    lock.acquire(owner("run-1"), LEASE_S)
    before = lock.path.read_bytes()
    assert lock.release("run-2") is None
    assert lock.path.read_bytes() == before
    assert lock.release("run-1") == 1
    assert lock.release("run-1") is None


def test_the_old_owner_does_not_give_back_the_lock_of_the_new(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (_child, heard):
        said(heard)
    lock.acquire(owner("run-2"), LEASE_S)
    assert lock.release("run-1") is None
    assert lock.confirm("run-2", 2, LEASE_S)


@pytest.mark.parametrize("jump_s", [-7200.0, 7200.0, -(10**9), 10**9])
def test_the_wall_clock_neither_ends_nor_prolongs_a_lease(
    lock: ServiceLock, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    real = time.time
    with process(holder(lock, "run-1", lease_s=0.3)) as (_child, heard):
        said(heard)
        monkeypatch.setattr(time, "time", lambda: real() + jump_s)
        with pytest.raises(LockHeld):
            lock.acquire(owner("run-2"), LEASE_S)
        run_out(lock)
        taken = lock.acquire(owner("run-2"), LEASE_S)
        assert taken.took_over and taken.took_over["why"] == "its lease ran out"


def test_a_restart_of_the_machine_ends_it(
    lock: ServiceLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock.acquire(owner("run-1"), LEASE_S)
    monkeypatch.setattr(lock_module, "boot_id", lambda: "another")
    taken = lock.acquire(owner("run-2"), LEASE_S)
    assert taken.fence == 2
    assert taken.took_over and taken.took_over["why"] == "its machine was restarted"


@pytest.mark.parametrize(("after_s", "held"), [(-7200, True), (59, True), (61, False)])
def test_the_owner_on_another_machine_is_judged_by_its_lease(
    lock: ServiceLock, monkeypatch: pytest.MonkeyPatch, after_s: float, held: bool
) -> None:
    # Its processes, its boot and its boot clock say nothing here.
    real, now = time.time, time.time()
    elsewhere = {**owner("run-1"), "host": "ctl-2", "pid": 1, "pid_started": "1"}
    lock.acquire(elsewhere, LEASE_S)
    monkeypatch.setattr(lock_module, "boot_id", lambda: "another")
    monkeypatch.setattr(time, "time", lambda: now + after_s)
    if held:
        with pytest.raises(LockHeld, match="on ctl-2"):
            lock.acquire(owner("run-2"), LEASE_S)
    else:
        taken = lock.acquire(owner("run-2"), LEASE_S)
        assert taken.took_over and taken.took_over["why"] == "its lease ran out"
    monkeypatch.setattr(time, "time", real)


def test_where_processes_cannot_be_looked_up_the_lease_decides(
    lock: ServiceLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A control node without /proc, as macOS: nobody is provably dead there.
    monkeypatch.setattr(processes, "stat_fields", lambda pid: None)
    lock.acquire(owner("run-1"), 0.2)
    with pytest.raises(LockHeld):
        lock.acquire(owner("run-2"), LEASE_S)
    run_out(lock)
    assert lock.acquire(owner("run-2"), LEASE_S).fence == 2


@pytest.mark.parametrize(("after_s", "held"), [(0, True), (59, True), (61, False)])
def test_where_a_boot_has_no_name_the_wall_clock_decides(
    lock: ServiceLock, monkeypatch: pytest.MonkeyPatch, after_s: float, held: bool
) -> None:
    # After a restart such a machine's clock of this boot starts at zero again.
    now, clock = time.time(), boot_clock()
    monkeypatch.setattr(lock_module, "boot_id", lambda: "")
    monkeypatch.setattr(processes, "stat_fields", lambda pid: None)
    lock.acquire(owner("run-1"), LEASE_S)
    monkeypatch.setattr(lock_module, "boot_clock", lambda: clock - 3600)
    monkeypatch.setattr(time, "time", lambda: now + after_s)
    if held:
        with pytest.raises(LockHeld):
            lock.acquire(owner("run-2"), LEASE_S)
    else:
        assert lock.acquire(owner("run-2"), LEASE_S).fence == 2


IN_A_CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
TAKE = """
import sys
from ansible_collections.oncall.runbooks.plugins.module_utils import lock
mine = lock.identity(1, run="run-2", incident="INC-2", user="ada", worker=None)
try:
    print(lock.ServiceLock(sys.argv[1], sys.argv[2]).acquire(mine, 60).took_over)
except lock.LockHeld:
    print("held")
"""


def containers() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*IN_A_CONTAINER, "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not containers(), reason="no process namespaces for this user")
def test_an_owner_outside_this_container_is_not_taken_for_dead(lock: ServiceLock) -> None:
    # Same machine, same host name, and yet other pids: an execution environment of AWX.
    with process(holder(lock, "run-1")) as (_child, heard):
        said(heard)
        command = [*IN_A_CONTAINER, sys.executable, "-c", TAKE, str(lock.folder), NAME]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=20, check=True
        )
    assert done.stdout.strip() == "held"


def contend(lock: ServiceLock, runs: int) -> list[str]:
    """All ask at once, and all are alive until the last has its answer."""
    ready, answered = fork.Barrier(runs), fork.Barrier(runs)
    answers = fork.SimpleQueue()

    def work(number: int) -> None:
        ready.wait(20)
        try:
            answers.put(f"fence {lock.acquire(owner(f'run-{number}'), LEASE_S).fence}")
        except LockHeld:
            answers.put("held")
        answered.wait(20)

    crowd = [fork.Process(target=work, args=(number,)) for number in range(100, 100 + runs)]
    for one in crowd:
        one.start()
    found = [answers.get() for _unused in crowd]
    for one in crowd:
        one.join(20)
        assert one.exitcode == 0
        one.close()
    answers.close()
    return sorted(found)


def test_of_fifty_exactly_one_gets_it(lock: ServiceLock) -> None:
    assert contend(lock, 50) == ["fence 1"] + ["held"] * 49


def test_of_fifty_exactly_one_takes_it_over(lock: ServiceLock) -> None:
    with process(holder(lock, "run-1")) as (_child, heard):
        said(heard)
    assert contend(lock, 50) == ["fence 2"] + ["held"] * 49


def test_its_files_are_the_owners_and_nothing_is_left_over(lock: ServiceLock) -> None:
    lock.acquire(owner("run-1"), LEASE_S)
    lock.confirm("run-1", 1, LEASE_S)
    assert stat.S_IMODE(lock.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600
    lock.release("run-1")
    assert sorted(path.suffix for path in lock.folder.iterdir()) == [".fence", ".guard"]


def test_a_killed_holder_of_the_guard_does_not_block(lock: ServiceLock) -> None:
    def work(connection: Connection) -> None:
        with lock.guard():
            connection.send(None)
            connection.recv()

    with process(work) as (child, heard):
        said(heard)
        os.kill(child.pid, signal.SIGKILL)
        assert lock.acquire(owner("run-2"), LEASE_S).fence == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"owner": 1}', '{"fence": 1}'])
def test_a_damaged_lock_is_nobodys_to_take(lock: ServiceLock, text: str) -> None:
    lock.acquire(owner("one"), LEASE_S)
    lock.path.write_text(text)
    with pytest.raises(LockLost, match=r"is damaged, .* delete the file"):
        lock.acquire(owner("two"), LEASE_S)
    assert lock.path.read_text() == text


def test_a_damaged_fence_is_not_counted_from_anew(lock: ServiceLock) -> None:
    lock.acquire(owner("one"), LEASE_S)
    lock.release("one")
    (fence,) = lock.folder.glob("*.fence")
    fence.write_text("")
    with pytest.raises(LockLost, match="is damaged"):
        lock.acquire(owner("two"), LEASE_S)
