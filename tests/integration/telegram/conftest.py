# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Bot API server with its own rules, and a bot that updates are delivered to, both over real HTTP."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.oncall.runbooks.tests.lab.telegram_server import Server


@pytest.fixture
def token() -> str:
    return f"4242:AAH-canary{secrets.token_urlsafe(21)}"


@pytest.fixture
def secret() -> str:
    return f"canary-{secrets.token_urlsafe(12)}"


@pytest.fixture
def telegram(token: str) -> Iterator[Server]:
    """As strict as Telegram's own."""
    server = Server([token])
    yield server
    server.end()


@pytest.fixture
def local(token: str) -> Iterator[Server]:
    """One that delivers to any address."""
    server = Server([token], local=True)
    yield server
    server.end()


def wait_for(what: Callable[[], object], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.02)
