# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the admin way reads and writes before a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

NAME = "max_connections"


@pytest.fixture
def untouched(ways: Ways) -> Iterator[Ways]:
    """Its configuration is as it was, afterwards."""
    path = ways.server.config_dir / "postgresql.conf"
    before = path.read_text()
    yield ways
    path.write_text(before)
    with ways.server.connect() as connection:
        connection.execute(b"ALTER SYSTEM RESET ALL")
        connection.execute(b"SELECT pg_reload_conf()")


def setting(ways: Ways, via: str) -> dict[str, Any]:
    return client.setting(ways.admin(via), NAME, execute)


def test_a_setting_is_written_and_taken_back(untouched: Ways, via: str) -> None:
    before = setting(untouched, via)
    assert before["setting"] == "20" and before["in_file"] is None
    assert Path(before["file"]) == untouched.server.data_dir / "postgresql.auto.conf"

    assert client.alter_setting(untouched.admin(via), NAME, "40", execute) is None  # type: ignore[func-returns-value]
    written = setting(untouched, via)
    assert written["setting"] == "20" and written["in_file"] == "40"
    assert "max_connections = '40'" in Path(before["file"]).read_text()
    # It waits for a restart, which is no error.
    assert client.configuration(untouched.admin(via), execute)["errors"] == []
    assert setting(untouched, via)["in_file"] == "40"

    client.reset_setting(untouched.admin(via), NAME, execute)
    assert setting(untouched, via) == before


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("shared_buffers = banana", "shared_buffers"),
        ("max_wal_senders = '5 senders'", "max_wal_senders"),
        ("work_mem = -7", "work_mem"),
        ("no_such_setting = on", "no_such_setting"),
        ("this is = no = syntax", None),
    ],
)
def test_what_keeps_a_server_from_starting_is_found(
    untouched: Ways, via: str, line: str, name: str | None
) -> None:
    """PG06: the server that runs does not mind."""
    path = untouched.server.config_dir / "postgresql.conf"
    client.alter_setting(untouched.admin(via), "max_connections", "40", execute)
    path.write_text(f"{path.read_text()}\n{line}\n")
    errors = client.configuration(untouched.admin(via), execute)["errors"]
    assert [error["name"] for error in errors] == [name]
    assert errors[0]["sourcefile"] == str(path) and errors[0]["sourceline"] > 0
    assert errors[0]["error"]


def test_the_memory_of_its_host(ways: Ways, via: str) -> None:
    memory = client.configuration(ways.admin(via), execute)["memory"]
    text = Path("/proc/meminfo").read_text()
    assert f"MemTotal: {memory['total_bytes'] // 1024:>14} kB" in text or memory["total_bytes"] > 0
    assert 0 < memory["available_bytes"] <= memory["total_bytes"]


def test_pg_monitor_can_do_none_of_it(ways: Ways, via: str) -> None:
    way = ways.normal(via)
    for ask in (
        lambda: client.configuration(way, execute),
        lambda: client.setting(way, NAME, execute),
        lambda: client.alter_setting(way, NAME, "40", execute),
        lambda: client.reset_setting(way, NAME, execute),
    ):
        assert refusal(ask).reason == "insufficient_privilege"
