# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command and say what it cost: time, CPU of its whole tree, memory."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICK = 0.05  # between two looks at the memory
TIMEOUT_S = 900
SERVER = "postgres"  # a server that a command starts is not part of the command


@dataclass
class Run:
    """What one command cost. Seconds and bytes."""

    started_at: float  # time.time()
    wall_s: float = 0.0
    cpu_s: float = 0.0  # user + system, of every process that was waited for
    memory: int | None = None  # of the whole tree at its peak, shared pages once; if sampled
    status: int = 0
    healthy_s: float | None = None  # until the first healthy reading
    problem: str | None = None  # why it does not count
    lines: list[tuple[float, str]] = field(default_factory=list)  # (seconds, text)

    def last(self, marker: re.Pattern[str]) -> float | None:
        """When the last line that matches was printed."""
        return max((at for at, text in self.lines if marker.search(text)), default=None)

    def tail(self, count: int = 15) -> str:
        return "\n".join(text for _unused, text in self.lines[-count:])


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: str = "",
    sample_memory: bool = False,
) -> Run:
    """To its end, or killed when that takes too long."""
    result, clock = Run(time.time()), time.monotonic()
    process = subprocess.Popen(
        argv, cwd=cwd, env=env, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    reader = threading.Thread(target=_read, args=(process, clock, result), daemon=True)
    timer = threading.Timer(TIMEOUT_S, _kill, (process.pid, signal.SIGKILL))
    reader.start()
    timer.start()
    try:
        if process.stdin:
            process.stdin.write(stdin)
            process.stdin.close()
        with _sampled(process.pid, result) if sample_memory else contextlib.nullcontext():
            _unused, status, usage = os.wait4(process.pid, 0)
        result.wall_s = time.monotonic() - clock
    except BaseException:
        _end(process)
        raise
    finally:
        timer.cancel()
    process.returncode = result.status = os.waitstatus_to_exitcode(status)
    result.cpu_s = usage.ru_utime + usage.ru_stime
    reader.join(1)  # a server that was started may still hold the pipe
    return result


def _read(process: subprocess.Popen[str], clock: float, result: Run) -> None:
    for line in process.stdout or ():
        result.lines.append((time.monotonic() - clock, line.rstrip("\n")))


def _kill(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _end(process: subprocess.Popen[str]) -> None:
    """End what was started: its own session, first politely."""
    _kill(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        _kill(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def _sampled(pid: int, result: Run) -> Iterator[None]:
    """Watch the tree's memory meanwhile. It disturbs: not for a run whose time counts."""
    over = threading.Event()

    def watch() -> None:
        peak = 0
        while not over.wait(TICK):
            peak = max(peak, sum(map(_proportional, _tree(pid))))
        result.memory = peak

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            name, rest = (entry / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            if name != SERVER:
                children.setdefault(int(rest.split()[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:  # grows while it is read
        found += children.get(pid, [])
    return found


def _proportional(pid: int) -> int:
    """Its memory, with what it shares divided among the sharers."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
