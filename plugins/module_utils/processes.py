# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the kernel says about a process of this machine."""

from __future__ import annotations

import os
import time
from pathlib import Path


def stat_fields(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the name; None when there is no such process."""
    try:
        # A process may have any bytes for its name.
        text = Path(f"/proc/{pid}/stat").read_bytes().decode(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def start_ticks(pid: int) -> str | None:
    """When it started, in ticks since boot: with the pid, its identity. None for a dead one."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else fields[19]


def started_at(pid: int) -> float | None:
    """When it started, in seconds since the epoch."""
    ticks = start_ticks(pid)
    if ticks is None:
        return None
    since_boot = int(ticks) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


def pid_namespace() -> str | None:
    """Numbers of processes mean something within it only. None where there is no /proc."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None
