# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RD06. The password is nobody's to read with ps, whichever way is taken (what is written is judged by the drill)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import meanwhile

pytestmark = pytest.mark.slow


def test_no_process_shows_the_password(drill: Any, server: Any, via: str) -> None:
    secret = server.password.encode()
    shown: set[str] = set()
    looks = 0

    def look() -> None:
        nonlocal looks
        for path in (
            *Path("/proc").glob("[0-9]*/cmdline"),
            *Path("/proc").glob("[0-9]*/environ"),
        ):
            with contextlib.suppress(OSError):
                if secret in path.read_bytes():
                    shown.add(str(path))
        looks += 1

    with meanwhile(look, 0):
        drill(server, via=via).healthy()
    assert looks > 5
    assert shown == set()
