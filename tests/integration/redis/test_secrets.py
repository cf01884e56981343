# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RD06. The password is nobody's to read with ps, whichever way is taken (what is written is judged by the drill)."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_no_process_shows_the_password(drill: Any, server: Any, via: str) -> None:
    secret, stop = server.password.encode(), threading.Event()
    shown: set[str] = set()
    looks = 0

    def look() -> None:
        nonlocal looks
        while not stop.is_set():
            for path in (
                *Path("/proc").glob("[0-9]*/cmdline"),
                *Path("/proc").glob("[0-9]*/environ"),
            ):
                with contextlib.suppress(OSError):
                    if secret in path.read_bytes():
                        shown.add(str(path))
            looks += 1

    thread = threading.Thread(target=look)
    thread.start()
    try:
        drill(server, via=via).healthy()
    finally:
        stop.set()
        thread.join()
    assert looks > 5
    assert shown == set()
