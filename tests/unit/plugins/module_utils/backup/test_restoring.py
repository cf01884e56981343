# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shell texts of every tool, as a POSIX shell reads them."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry, restoring
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import TOOLS, called
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import Tool

GIVEN: dict[str, dict[str, Any]] = {
    "plain": {"directory": "/backup/base", "archive": "/backup/wal"},
    "pgbackrest": {"stanza": "shop", "config": "/etc/pgbackrest.conf", "repo": 1},
    "barman": {"server": "shop", "config": "/etc/barman.conf"},
    "wal-g": {"env_file": "/etc/wal-g/env", "config": "/etc/wal-g.json"},
}
FOUND = {"path": "20261129-170338F", "major": 15, "room_kib": 22453}
COPY = restoring.Copy("/restore/db", 5499, "time 2026-11-21 03:04:05+00")


def tool(name: str) -> Tool:
    found = entry.of("backup", {"tool": name, **GIVEN[name]})
    assert found
    return found.tool


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_they_are_well_formed(name: str) -> None:
    mine = tool(name)
    texts = [
        mine.list_text(),
        mine.verify_text(FOUND, "", 60),
        restoring.prepare(COPY, FOUND, mine, ""),
    ]
    for text in texts:
        done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), text


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_the_target_and_the_settings_are_ours_whatever_the_tool(name: str) -> None:
    mine = tool(name)
    text = restoring.settings(COPY, mine)
    lines = text.splitlines()
    assert f"restore_command = '{mine.restore_command('/restore/db')}'" in lines
    for line in (
        "recovery_target_time = '2026-11-21 03:04:05+00'",
        "recovery_target_action = 'pause'",
        "listen_addresses = '127.0.0.1'",
        "archive_mode = off",
        "default_transaction_read_only = on",
    ):
        assert line in lines
    # A quote in it would end the setting.
    assert all(line.count("'") in (0, 2) for line in lines)
    assert restoring.target_of(text) == COPY.target


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_what_is_refused_is_refused_before_anything_is_written(name: str) -> None:
    text = restoring.prepare(COPY, FOUND, tool(name), "")
    last = text.rindex('refuse "')
    assert last < text.index(tool(name).bring(FOUND))


@pytest.mark.parametrize("name", sorted(TOOLS))
@pytest.mark.parametrize("status", ["ok", "unknown", "corrupt"])
def test_which_backup_is_not_restored(name: str, status: str) -> None:
    """Of an unknown one the copy tells, where the tool holds it against checksums or can read none at all."""
    forbidden = status == "corrupt" or (status == "unknown" and name == "plain")
    assert tool(name).forbids({"status": status, "said": ""}) is forbidden


@pytest.mark.parametrize(
    ("lsn", "name", "size"),
    [
        ("0/2000028", "000000010000000000000002", 16 << 20),
        ("5/8000028", "000000010000000500000002", 64 << 20),
        (67108904, "000000010000000000000004", 16 << 20),
        ("0/2000028", "000000010000000000000020", 1 << 20),
        ("1/28", "000000010000000100000000", None),
        (None, "000000010000000000000004", None),
        ("0/2000028", "000000010000000000000003", None),
    ],
)
def test_how_large_a_piece_of_wal_is(lsn: str | int, name: str, size: int | None) -> None:
    assert called.segment_bytes(lsn, name) == size


def test_of_all_that_a_tool_says_the_error_is_told() -> None:
    said = "INFO: began\nERROR: password=hunter2 was refused\nHINT: look\n"
    assert called.error(said) == "ERROR: password=*** was refused"
    assert called.error("one\ntwo\n\n") == "two"
    assert called.error("") == ""
