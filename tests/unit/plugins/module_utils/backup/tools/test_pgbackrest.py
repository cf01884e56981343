# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answers are those of pgBackRest 2.45."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.pgbackrest import (
    Pgbackrest,
)

TOOL = Pgbackrest("shop", "/etc/pgbackrest/shop.conf", 2, "postgres")
LABEL = "20261129-170338F"
ONE: dict[str, Any] = {
    "archive": {"start": "000000010000000000000002", "stop": "000000010000000000000002"},
    "database": {"id": 1, "repo-key": 1},
    "error": False,
    "info": {"delta": 22992638, "repository": {"delta": 3056881, "size": 3056881}, "size": 22992638},
    "label": LABEL,
    "lsn": {"start": "0/2000028", "stop": "0/2000100"},
    "timestamp": {"start": 1795971818, "stop": 1795971827},
    "type": "full",
}  # fmt: skip
STANZA: dict[str, Any] = {
    "backup": [ONE],
    "db": [{"id": 1, "repo-key": 1, "system-id": 7713640200826237613, "version": "15"}],
    "name": "shop",
    "status": {"code": 0, "lock": {"backup": {"held": False}}, "message": "ok"},
}
FOLDER = "15-1/0000000100000000"


def file(at: int) -> dict[str, Any]:
    return {"type": "file", "size": 16465, "time": at}


WAL = {
    "15-1": {"type": "path"},
    f"{FOLDER}/000000010000000000000001-{40 * '0'}.gz": file(1795971821),
    f"{FOLDER}/000000010000000000000002-{40 * 'a'}.gz": file(1795971828),
    f"{FOLDER}/000000010000000000000003-{40 * 'b'}.zst": file(1795971900),
    f"{FOLDER}/000000010000000000000002.00000028.backup": file(1795971828),
    f"14-2/0000000100000000/000000010000000000000007-{40 * 'c'}.gz": file(1795971901),
}


def said(info: Any, wal: Any = None, rc: int = 0) -> str:
    """A wrapper may say something first."""
    wal = WAL if wal is None else wal
    return (
        f"now 1795972000\n== info\nlast login: today\n{json.dumps(info)}\n\n== info ended {rc}\n"
        f"== wal\n{json.dumps(wal)}\n== wal ended 0\n"
    )


def test_what_it_lists() -> None:
    found = TOOL.listed(said([STANZA]), "")
    assert (found["now"], found["unreadable"], found["unfinished"]) == (1795972000, [], [])
    assert found["backups"] == [
        {
            "path": LABEL,
            "kib": 22453,
            "room_kib": 22453,
            "major": 15,
            "finished": 1795971827,
            "start": "000000010000000000000002",
            "damaged": False,
        }
    ]
    # Not what is older than every backup, nor that of another cluster.
    assert found["segments"] == [
        {"name": "000000010000000000000002", "bytes": 16 << 20, "at": 1795971828},
        {"name": "000000010000000000000003", "bytes": 16 << 20, "at": 1795971900},
    ]


def test_the_size_of_a_piece_follows_from_a_place_in_it() -> None:
    large = {**ONE, "lsn": {"start": "0/8000028", "stop": "0/8000100"}}
    found = TOOL.listed(said([{**STANZA, "backup": [large]}]), "")
    assert {one["bytes"] for one in found["segments"]} == {64 << 20}


def test_of_a_cluster_that_was_upgraded_only_the_new_one_counts() -> None:
    newer = {"id": 2, "repo-key": 1, "system-id": 1, "version": "16"}
    found = TOOL.listed(said([{**STANZA, "db": [*STANZA["db"], newer]}]), "")
    assert found["backups"] == [] and found["segments"][0]["name"].endswith("7")


def test_pages_that_were_damaged_already() -> None:
    found = TOOL.listed(said([{**STANZA, "backup": [{**ONE, "error": True}]}]), "")
    assert found["backups"][0]["damaged"] is True


MISSING = {
    **STANZA,
    "backup": [],
    "db": [],
    "status": {"code": 1, "message": "missing stanza path"},
}
NONE_YET = {**STANZA, "backup": [], "status": {"code": 2, "message": "no valid backups"}}


@pytest.mark.parametrize(
    ("told", "complaint", "why"),
    [
        (said([MISSING], {}), "", "missing stanza path"),
        (said([], {}), "", "[]"),
        (said("", rc=55), "ERROR: [055]: unable to open missing file", "unable to open missing"),
        (said([STANZA]).partition("== wal\n")[0], "", "it did not answer"),
        ("now 1\n== info\n[{\n== info ended 0\n", "", "[{"),
        ("now 1\n", "sudo: a password is required", "a password is required"),
    ],
)
def test_what_cannot_be_read_is_told(told: str, complaint: str, why: str) -> None:
    found = TOOL.listed(told, complaint)
    assert found["backups"] == []
    assert "stanza shop" in found["unreadable"][0] and why in found["unreadable"][0]


def test_without_a_backup_nothing_is_unreadable() -> None:
    found = TOOL.listed(said([NONE_YET], {}), "")
    assert (found["backups"], found["unreadable"]) == ([], [])


VALID = f"""stanza: shop
status: ok
  archiveId: 15-1, total WAL checked: 4, total valid WAL: 4
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: {LABEL}, status: valid, total files checked: 964, total valid files: 964
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
"""
INVALID = f"""stanza: shop
status: error
  backup: {LABEL}, status: invalid, total files checked: 964, total valid files: 963
    checksum invalid: 1
"""


@pytest.mark.parametrize(
    ("rc", "text", "status"),
    [
        (0, VALID, "ok"),
        (0, INVALID, "corrupt"),
        (0, "", "unknown"),
        (0, VALID.replace("03338F", "x").replace(LABEL, "20261130-000000F"), "unknown"),
        (0, INVALID.replace("invalid, total", "in-progress, total"), "unknown"),
        (31, "ERROR: [031]: invalid option 'output'", "unknown"),
        (124, "", "unknown"),
        (127, "", "unknown"),
    ],
)
def test_what_verify_says(rc: int, text: str, status: str) -> None:
    assert TOOL.verified({"path": LABEL}, rc, text)["status"] == status


def test_a_damaged_backup_is_told_with_what_is_wrong() -> None:
    assert "checksum invalid: 1" in TOOL.verified({"path": LABEL}, 0, INVALID)["said"]


FOUND = {"path": LABEL, "major": 15, "room_kib": 22453}


def test_its_commands() -> None:
    listed, brought, before = TOOL.list_text(), TOOL.bring(FOUND), TOOL.before(FOUND)
    for text in (listed, brought, before, TOOL.verify_text(FOUND, "", 60)):
        assert "pgbackrest --stanza=shop --config=/etc/pgbackrest/shop.conf --repo=2" in text
        assert "--log-level-file=off" in text
    assert f"--set={LABEL} --type=none --no-delta" in brought and "need=22453; major=15" in before
    assert TOOL.restore_command("/restore/db").endswith(
        '--pg1-path=/restore/db --no-archive-async archive-get %f "%p"'
    )
    assert "'" not in TOOL.restore_command("/restore/db")
