# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Running commands, waiting, and the two ways in which the lab says that something is amiss."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import unittest
from collections.abc import Callable, Mapping
from pathlib import Path


class LabError(Exception):
    """What went wrong, and what a person has to do about it."""


class Skipped(unittest.SkipTest):
    """Why this part of the lab cannot run here; a test that needs it is skipped, and says so."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(
    *command: str | Path,
    check: bool = True,
    given: str | None = None,
    seconds: float = 300,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """A command to its end; a failure shows the end of what it said."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"{words[0]}: not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(words[:4])}: no end within {seconds:.0f} s") from error
    if check and done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-1500:]
        raise LabError(f"{' '.join(words[:6])} failed with status {done.returncode}: {said}")
    return done


def output(*command: str | Path, seconds: float = 300) -> str:
    return run(*command, seconds=seconds).stdout.strip()


def succeeds(*command: str | Path, seconds: float = 60) -> bool:
    try:
        return run(*command, check=False, seconds=seconds).returncode == 0
    except LabError:
        return False


def unmount(*folders: Path) -> None:
    """What is mounted in them or on them, the innermost first."""
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        place = Path(line.split()[1])
        if any(place.is_relative_to(folder) for folder in folders):
            run("umount", "--lazy", place, check=False)


def wait_for(
    what: str, probe: Callable[[], object], seconds: float = 60, every: float = 0.4
) -> None:
    """Until the probe is true; one that raises LabError or OSError is not true yet."""
    end, last = time.monotonic() + seconds, ""
    while time.monotonic() < end:
        try:
            if probe():
                return
        except (LabError, OSError) as error:
            last = f": {error}"
        time.sleep(every)
    raise LabError(f"{what}: not within {seconds:.0f} s{last}")
