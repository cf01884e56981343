# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that the lab keeps running in the background, and knows again for certain.

A process id alone says little: after a kill or a reboot another process may have it. So
the time at which the process began, and the boot, are kept beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.oncall.runbooks.tests.lab.places import LOGS, RUN
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError


def _identity(pid: int) -> list[str] | None:
    """Boot and start time of a living process."""
    try:
        # The name of the program stands in brackets and may hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return [boot, fields[19]]


def log_of(name: str) -> Path:
    return LOGS / f"{name}.log"


def pid_of(name: str) -> int | None:
    """The process, if it is still the one that we started."""
    try:
        kept = json.loads((RUN / f"{name}.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return int(kept["pid"]) if _identity(int(kept["pid"])) == kept["identity"] else None


def start(
    name: str, *command: str | Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    RUN.mkdir(mode=0o700, parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    with log_of(name).open("wb") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={**os.environ, **(environment or {})},
        )
    kept = {"pid": process.pid, "identity": _identity(process.pid)}
    (RUN / f"{name}.json").write_text(json.dumps(kept))
    return process


def alive(name: str) -> bool:
    """For a wait: raises when the program has ended, with the end of its log."""
    pid = pid_of(name)
    if pid is None:
        raise Ended(f"{name} has ended: {tail(name)}")
    return True


class Ended(RuntimeError):
    """A program that should run has ended: waiting on is useless."""


def tail(name: str, length: int = 800) -> str:
    """Why it ended: what Kubernetes marks as fatal, else the last of its log."""
    path = log_of(name)
    text = path.read_text(errors="replace") if path.exists() else "no log"
    fatal = re.findall(r"^F\d{4} .*", text, re.MULTILINE)
    return "\n".join(fatal[-3:]) or text[-length:].strip()


def stop(name: str, seconds: float = 15) -> None:
    """Ask, wait, insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = pid_of(name)
        if pid is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + seconds
        while pid_of(name) is not None and time.monotonic() < end:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)
    if pid_of(name) is not None:
        raise LabError(f"{name} does not end")
    (RUN / f"{name}.json").unlink(missing_ok=True)
