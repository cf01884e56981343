# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock on a service's host: with a real shell, real files, and control nodes that race."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import lock_on_host, undos
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    Lock,
    LockHeld,
    LockLost,
    LockUnavailable,
    boot_clock,
    identity,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.lock_on_host import HostFiles, Place
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.test_undos import GOOD

fork = multiprocessing.get_context("fork")
NAME = "systemd-api.service-system-0a1b2c3d"
LEASE_S = 60.0
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


@dataclass
class Node:
    """A control node, and its way to the one host."""

    host: Path
    memory: Path
    commands: list[str] = field(default_factory=list)
    words: tuple[str, ...] = ("sh",)

    def shell(self, command: str, stdin: str) -> Done:
        assert command == "sh -s"
        self.commands.append(stdin)
        done = subprocess.run(
            [*self.words, "-s"], input=stdin, capture_output=True, text=True, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    @property
    def lock(self) -> Lock:
        """As each step of a run makes it anew."""
        return Lock(HostFiles(self.shell, Place("web-1", str(self.host)), NAME, self.memory))

    def took(self) -> int:
        count = len(self.commands)
        self.commands.clear()
        return count


@pytest.fixture
def host(tmp_path: Path) -> Path:
    folder = tmp_path / "run lock's"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.fixture
def make(host: Path, tmp_path: Path) -> Callable[[str], Node]:
    return lambda name: Node(host, tmp_path / f"{name}.json")


def owner(run: str, **more: Any) -> dict[str, Any]:
    mine = identity(os.getpid(), run=run, incident=f"INC-{run}", user="ada", worker=None)
    return {**mine, **more}


def written(host: Path) -> dict[str, Any]:
    (path,) = host.glob("oncall-runbooks-*")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize("shell", SHELLS)
def test_taken_kept_and_given_back(make: Callable[[str], Node], host: Path, shell: str) -> None:
    node = make("one")
    node.words = (shell, "sh") if shell == "busybox" else (shell,)
    taken = node.lock.acquire(owner("run-1"), LEASE_S)
    assert (taken.fence, taken.took_over) == (1, None)
    (path,) = host.iterdir()
    assert path.name == f"oncall-runbooks-{NAME}.lock.{os.getuid()}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert written(host)["lock"]["owner"]["incident"] == "INC-run-1"
    assert node.lock.confirm("run-1", 1, LEASE_S)
    assert node.lock.release("run-1") == 1
    assert written(host)["lock"] is None
    assert node.lock.acquire(owner("run-1"), LEASE_S).fence == 2
    assert list(host.iterdir()) == [path]


def test_another_control_node_is_told_who_has_it(make: Callable[[str], Node]) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1"), LEASE_S)
    with pytest.raises(LockHeld, match=r"held by ada on .*, incident INC-run-1, run run-1, until"):
        other.lock.acquire(owner("run-2"), LEASE_S)
    one.lock.release("run-1")
    assert other.lock.acquire(owner("run-2"), LEASE_S).fence == 2
    with pytest.raises(LockLost, match="INC-run-2"):
        one.lock.confirm("run-1", 1, LEASE_S)


def test_each_step_is_one_round_trip(make: Callable[[str], Node]) -> None:
    node = make("one")
    assert not node.lock.left_behind() and node.took() == 1
    assert node.lock.store.beside() == undos.NOTHING and node.took() == 0
    node.lock.acquire(owner("run-1"), LEASE_S)
    assert node.took() == 1
    node.lock.confirm("run-1", 1, LEASE_S, note=undos.opened(GOOD))
    assert node.took() == 1
    node.lock.keep("run-1", 1, LEASE_S)
    assert node.took() == 0
    node.lock.release("run-1")
    assert node.took() == 1


def test_nobody_is_refused_for_what_was_read_earlier(make: Callable[[str], Node]) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1"), LEASE_S)
    assert other.lock.store.read().state
    one.lock.release("run-1")
    assert other.lock.acquire(owner("run-2"), LEASE_S).fence == 2
    # And the other way round: free as far as it knows, and taken by now.
    with pytest.raises(LockHeld, match="run-2"):
        one.lock.acquire(owner("run-3"), LEASE_S)


def test_a_wait_asks_again_before_its_lease_ends(
    make: Callable[[str], Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, later = make("one"), make("other"), boot_clock() + LEASE_S / 2
    one.lock.acquire(owner("run-1"), LEASE_S)
    one.took()
    with monkeypatch.context() as patched:
        patched.setattr(lock_on_host, "boot_clock", lambda: later)
        one.lock.keep("run-1", 1, LEASE_S)
    assert one.took() == 1
    one.lock.release("run-1")
    other.lock.acquire(owner("run-2"), LEASE_S)
    with monkeypatch.context() as patched:
        patched.setattr(lock_on_host, "boot_clock", lambda: later)
        with pytest.raises(LockLost):
            one.lock.keep("run-1", 1, LEASE_S)


def test_the_clock_of_the_host_judges(make: Callable[[str], Node], host: Path) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1", host="ctl-2"), LEASE_S)
    (path,) = host.iterdir()
    found = written(host)
    # Its control node's wall clock was wrong by years: it says nothing.
    found["lock"]["until"] = "2020-01-01T00:00:00.000000Z"
    path.write_text(json.dumps(found))
    with pytest.raises(LockHeld):
        other.lock.acquire(owner("run-2"), LEASE_S)
    found["lock"]["until"] = "2099-01-01T00:00:00.000000Z"
    found["lock"]["until_boot_clock"] = 1.0
    path.write_text(json.dumps(found))
    taken = other.lock.acquire(owner("run-2"), LEASE_S)
    assert taken.fence == 2
    assert taken.took_over and taken.took_over["why"] == "its lease ran out"


def test_who_died_on_this_control_node_is_taken_over_at_once(make: Callable[[str], Node]) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1", pid_started="1"), LEASE_S)
    assert other.lock.left_behind()
    taken = other.lock.acquire(owner("run-2"), LEASE_S)
    assert taken.took_over and taken.took_over["why"] == "its process is gone"


@pytest.mark.parametrize("more", [{"host": "ctl-2"}, {"boot_id": "another"}])
def test_of_another_machine_nobody_is_known_to_be_dead(
    make: Callable[[str], Node], more: dict[str, str]
) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1", pid_started="1", **more), LEASE_S)
    assert not other.lock.left_behind()
    with pytest.raises(LockHeld):
        other.lock.acquire(owner("run-2"), LEASE_S)


def test_of_fifty_exactly_one_gets_it(make: Callable[[str], Node]) -> None:
    runs, nodes = 50, {number: make(f"node-{number}") for number in range(50)}
    ready, answered, answers = fork.Barrier(runs), fork.Barrier(runs), fork.SimpleQueue()

    def work(number: int) -> None:
        ready.wait(60)
        try:
            answers.put(
                f"fence {nodes[number].lock.acquire(owner(f'run-{number}'), LEASE_S).fence}"
            )
        except LockHeld:
            answers.put("held")
        answered.wait(120)

    crowd = [fork.Process(target=work, args=(number,)) for number in nodes]
    for one in crowd:
        one.start()
    found = sorted(answers.get() for _unused in crowd)
    for one in crowd:
        one.join(60)
        assert one.exitcode == 0
    assert found == ["fence 1"] + ["held"] * (runs - 1)


WITHOUT_FLOCK = 'command() { case $2 in flock) return 1;; *) builtin command "$@";; esac; }\n'


def test_without_flock_a_folder_keeps_others_out(make: Callable[[str], Node], host: Path) -> None:
    def shell(command: str, stdin: str) -> Done:
        words = ["bash", "-s"]
        done = subprocess.run(
            words, input=WITHOUT_FLOCK + stdin, capture_output=True, text=True, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    store = HostFiles(shell, Place("web-1", str(host)), NAME, make("one").memory)
    guard = host / ".oncall-runbooks.guard"
    guard.mkdir()
    os.utime(guard, (1, 1))  # of somebody who died
    assert Lock(store).acquire(owner("run-1"), LEASE_S).fence == 1
    assert not guard.exists()


def test_undos_lie_beside_it_for_others_to_find(make: Callable[[str], Node]) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1"), LEASE_S)
    one.lock.confirm("run-1", 1, LEASE_S, note=undos.opened(GOOD))
    one.lock.release("run-1")
    assert other.lock.store.beside().undos == [GOOD]
    other.lock.note(undos.taken_back("INC-1", 1, "run-2", "bob@ctl-2", GOOD["at"]))
    found = make("third").lock.store.beside()
    assert found.undos == [] and [undos.key(end) for end in found.undone] == [("INC-1", 1)]


def as_of(uid: int, host: Path, **fields: Any) -> Path:
    content = {
        "version": 1, "fence": 0, "serial": 1, "lock": None, "undos": [], "undone": [], **fields,
    }  # fmt: skip
    path = host / f"oncall-runbooks-{NAME}.lock.{uid}"
    path.write_text(json.dumps(content))
    os.chown(path, uid, uid)
    return path


root = pytest.mark.skipif(os.getuid() != 0, reason="only root can write as somebody else")


@root
def test_only_root_and_the_own_user_are_believed(make: Callable[[str], Node], host: Path) -> None:
    mine, theirs = {**GOOD, "number": 1}, {**GOOD, "number": 2}
    as_of(0, host, undos=[mine])
    end = {key: GOOD[key] for key in undos.END}
    as_of(4242, host, undos=[theirs], undone=[end])
    found = make("one").lock.store.beside()
    assert (found.undos, found.undone, found.strangers) == ([mine], [], [theirs])


@root
def test_another_users_lock_counts(make: Callable[[str], Node], host: Path) -> None:
    one, other = make("one"), make("other")
    one.lock.acquire(owner("run-1", user="deploy"), LEASE_S)
    state = written(host)
    next(host.iterdir()).unlink()
    as_of(4242, host, **{key: state[key] for key in ("fence", "lock")})
    with pytest.raises(LockHeld, match="by deploy on"):
        other.lock.acquire(owner("run-2"), LEASE_S)
    state["lock"]["until_boot_clock"] = 1.0
    as_of(4242, host, **{key: state[key] for key in ("fence", "lock")})
    assert other.lock.acquire(owner("run-2"), LEASE_S).fence == 2
    # The number decides, and theirs is left to them.
    assert other.lock.confirm("run-2", 2, LEASE_S)


@root
def test_nobody_writes_in_another_ones_name(make: Callable[[str], Node], host: Path) -> None:
    forged = as_of(0, host, fence=99, undos=[GOOD])
    os.chown(forged, 4242, 4242)
    node = make("one")
    assert node.lock.store.beside() == undos.NOTHING
    assert node.lock.acquire(owner("run-1"), LEASE_S).fence == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 2}', "\n== 0 0\n{}", "\x00\x1b[2J"]
)
def test_a_damaged_lock_is_nobodys_to_take(
    make: Callable[[str], Node], host: Path, content: str
) -> None:
    path = host / f"oncall-runbooks-{NAME}.lock.{os.getuid()}"
    path.write_text(content)
    for ask in (
        lambda: make("one").lock.acquire(owner("run-1"), LEASE_S),
        make("two").lock.left_behind,
    ):
        with pytest.raises(LockUnavailable, match=r"is damaged, .* delete the file"):
            ask()
    assert path.read_text() == content


STATE = {
    "owner": {**owner("run-1"), "incident": "../../etc"},
    "fence": 1,
    "until": GOOD["at"],
    "boot_id": "x",
    "until_boot_clock": 1.0,
}


@pytest.mark.parametrize(
    "state",
    [
        STATE,
        {**STATE, "owner": {**owner("run-1"), "user": "a\nb"}},
        {**STATE, "owner": owner("run-1"), "until": "soon"},
        {**STATE, "owner": {**owner("run-1"), "pid": "x"}},
        {**STATE, "owner": "me"},
    ],
)
def test_a_lock_of_another_form_is_damaged(
    make: Callable[[str], Node], host: Path, state: dict[str, Any]
) -> None:
    as_of(os.getuid(), host, lock=state)
    with pytest.raises(LockUnavailable, match="is damaged"):
        make("one").lock.acquire(owner("run-2"), LEASE_S)


def test_a_link_or_a_folder_in_its_place_is_not_followed(
    make: Callable[[str], Node], host: Path, tmp_path: Path
) -> None:
    path = host / f"oncall-runbooks-{NAME}.lock.{os.getuid()}"
    treasure = tmp_path / "treasure"
    treasure.write_text("secret")
    path.symlink_to(treasure)
    node = make("one")
    assert node.lock.acquire(owner("run-1"), LEASE_S).fence == 1
    assert treasure.read_text() == "secret" and not path.is_symlink()
    path.unlink()
    path.mkdir()
    with pytest.raises(LockUnavailable, match="may not write"):
        make("two").lock.acquire(owner("run-2"), LEASE_S)


def test_no_folder(make: Callable[[str], Node], host: Path) -> None:
    host.rmdir()
    with pytest.raises(
        LockUnavailable, match=r"on web-1 .*no folder .*mkdir -m 1777 .*runbooks_lock_dir"
    ):
        make("one").lock.acquire(owner("run-1"), LEASE_S)
    assert not make("two").lock.left_behind()
    assert make("three").lock.store.beside() == undos.NOTHING


@root
def test_a_folder_that_may_not_be_written(make: Callable[[str], Node], host: Path) -> None:
    host.chmod(0o755)
    for parent in host.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    node = make("one")
    node.words = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh")
    for ask in (lambda: node.lock.acquire(owner("run-1"), LEASE_S), node.lock.store.ready):
        with pytest.raises(LockUnavailable, match=r"nobody may not write .*use become") as caught:
            ask()
        assert str(caught.value).isprintable() and str(host) in str(caught.value)


def test_a_silent_host_is_not_asked_twice_for_a_reading(make: Callable[[str], Node]) -> None:
    asked = []

    def shell(_command: str, _stdin: str) -> Done:
        asked.append(1)
        raise Unreachable("the host does not answer: timed out")

    def lock() -> Lock:
        return Lock(HostFiles(shell, Place("web-1"), NAME, make("one").memory))

    assert lock().store.beside() == undos.NOTHING and not lock().left_behind()
    assert len(asked) == 1
    with pytest.raises(LockUnavailable, match="the lock on web-1 cannot be had: the host does not"):
        lock().acquire(owner("run-1"), LEASE_S)


@pytest.mark.parametrize("output", ["", "motd\n", "oncall-runbooks lock\nuser x y\n"])
def test_another_answer_is_no_lock(make: Callable[[str], Node], output: str) -> None:
    store = HostFiles(
        lambda _c, _i: Done(1, output, "sh: not found"), Place("web-1"), NAME, make("one").memory
    )
    with pytest.raises(LockUnavailable, match="not understood: sh: not found"):
        Lock(store).acquire(owner("run-1"), LEASE_S)


def test_a_banner_before_the_answer_is_passed_over(make: Callable[[str], Node]) -> None:
    node = make("one")

    def shell(command: str, stdin: str) -> Done:
        done = node.shell(command, stdin)
        return Done(done.rc, "Welcome!\r\n" + done.stdout.replace("\n", "\r\n"), "")

    store = HostFiles(shell, Place("web-1", str(node.host)), NAME, node.memory)
    assert Lock(store).acquire(owner("run-1"), LEASE_S).fence == 1


def test_the_folder_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    node = Node(tmp_path, tmp_path / "memory")
    store = HostFiles(node.shell, Place("web-1", ""), NAME, node.memory)
    assert Lock(store).acquire(owner("run-1"), LEASE_S).fence == 1
    assert len(list(tmp_path.glob("oncall-runbooks-*"))) == 1


def test_what_it_keeps_is_this_runs_alone(make: Callable[[str], Node]) -> None:
    node = make("one")
    node.lock.acquire(owner("run-1"), LEASE_S)
    assert stat.S_IMODE(node.memory.stat().st_mode) == 0o600
    node.memory.write_text("{torn")
    assert node.lock.confirm("run-1", 1, LEASE_S)
