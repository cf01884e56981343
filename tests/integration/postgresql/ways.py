# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways to a laboratory server, and what runs a command where it lives: here."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refusal,
    Refused,
)

lab = sys.modules["oncall_lab_postgres"]


def execute(command: str, stdin: str) -> tuple[int, str, str]:
    done = subprocess.run(
        ["sh", "-c", command], input=stdin.encode(), capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode()


class Ways:
    def __init__(self, server: Any) -> None:
        self.server = server

    def normal(self, via: str = "tcp", role: str = "oncall", **changes: Any) -> Way:
        password = self.server.password_file(role).read_text().strip()
        host, port = lab.HOST, self.server.port
        way = Way("normal", via, host, port, lab.DATABASE, role, "disable", None, password)
        return replace(way, **changes)

    def admin(self, via: str = "tcp") -> Way:
        return self.normal(via, lab.SUPERUSER, name="admin")


def refusal(ask: Callable[[], Any], within_s: float = 10) -> Refusal:
    """Why it is refused, and that this took no longer."""
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        ask()
    assert time.monotonic() - began < within_s
    # No other exception comes with it, which could tell more than it does.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.refusal
