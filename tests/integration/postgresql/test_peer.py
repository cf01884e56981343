# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Without a password, on the server's own host: it knows us by our operating system's user."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

lab = sys.modules["oncall_lab_postgres"]
pytestmark = pytest.mark.debian


@pytest.fixture
def peer(ways: Ways) -> Ways:
    if ways.server.engine != "debian":
        pytest.skip("this server knows nobody by its operating system's user")
    return ways


def admin(peer: Ways, user: str = "postgres", host: str | None = None) -> Way:
    return Way("admin", "exec", host, peer.server.port, "postgres", user)


@pytest.mark.parametrize("by", ["default", "folder"])
def test_root_becomes_the_superuser(peer: Ways, by: str) -> None:
    """PG03: the last slots of a full server are reached this way."""
    lab.exhaust(peer.server)
    host = None if by == "default" else str(peer.server.socket_dir)
    document = client.read(admin(peer, host=host), ["server", "slots"], {}, execute)
    assert document["server"]["me"]["superuser"] is True
    assert document["slots"]["used"] == document["slots"]["application_slots"] == 17


def test_a_role_without_a_user_of_that_name(peer: Ways) -> None:
    def ask() -> Any:
        return client.read(admin(peer, "oncall"), ["server"], {}, execute)

    assert refusal(ask).reason == "auth_failed"
