# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that hold a secret."""

from __future__ import annotations

import os
import stat
from pathlib import Path

# A file longer than this is some other file, not a password.
PASSWORD_MAX = 4096


def read_private(path: str) -> str:
    """A file that only its owner can read: what holds a password is no use otherwise."""
    # Not blocked by a FIFO; what was opened is what is judged.
    descriptor = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8") as handle:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not a regular file")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ValueError(
                f"others may use it (mode {stat.S_IMODE(status.st_mode):04o}); chmod 600 it"
            )
        return handle.read(PASSWORD_MAX + 2)
