# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answers are as WAL-G documents them: its types BackupTime and ExtendedMetadataDto, docs/PostgreSQL.md and
internal/storagetools/folder_list_handler.go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.wal_g import WalG

TOOL = WalG("/etc/wal-g/env", "", "postgres")
ONE: dict[str, Any] = {
    "backup_name": "base_000000010000000000000004",
    "modification_time": "2026-11-29T17:03:58Z",
    "wal_file_name": "000000010000000000000004",
    "start_time": "2026-11-29T17:03:53.807657Z",
    "finish_time": "2026-11-29T17:03:57.458761123Z",
    "pg_version": 150018,
    "start_lsn": 67108904,
    "finish_lsn": 83886080,
    "uncompressed_size": 23130223,
    "compressed_size": 3056881,
}
DELTA = {
    **ONE,
    "backup_name": "base_000000010000000000000006_D_000000010000000000000004",
    "wal_file_name": "000000010000000000000006",
    "finish_time": "2026-11-29T18:03:57Z",
    "start_lsn": "0/6000028",
    "uncompressed_size": 1048576,
}
LS = """type size    last modified                           name
obj  16465   2026-11-29 17:03:40 +0000 UTC           000000010000000000000003.lz4
obj  16465   2026-11-29 17:03:55.1234567 +0000 UTC   000000010000000000000004.br
obj  371     2026-11-29 17:03:58 +0000 UTC           000000010000000000000004.00000028.backup.br
obj  5551097 2026-11-29 18:05:00 +0100 CET           000000010000000000000005.zst
dir  0       0001-01-01 00:00:00 +0000 UTC           more/
"""


def said(listed: str, ls: str = LS, rc: int = 0) -> str:
    return (
        f"now 1795980000\n== list\n{listed}\n\n== list ended {rc}\n== wal\n{ls}\n\n== wal ended 0\n"
    )


def test_what_it_lists() -> None:
    found = TOOL.listed(said(json.dumps([DELTA, ONE])), "INFO: List backups from storages")
    assert (found["unreadable"], found["unfinished"]) == ([], [])
    assert [(one["path"], one["finished"], one["kib"]) for one in found["backups"]] == [
        (ONE["backup_name"], 1795971837, 22588),
        (DELTA["backup_name"], 1795975437, 1024),
    ]
    # To restore what was added to another takes the room of that.
    assert {one["room_kib"] for one in found["backups"]} == {22588}
    assert {one["major"] for one in found["backups"]} == {15}
    assert found["segments"] == [
        {"name": "000000010000000000000004", "bytes": 16 << 20, "at": 1795971835},
        {"name": "000000010000000000000005", "bytes": 16 << 20, "at": 1795971900},
    ]


@pytest.mark.parametrize("listed", ["", "[]"])
def test_without_a_backup_nothing_is_unreadable(listed: str) -> None:
    found = TOOL.listed(said(listed, LS.splitlines()[0]), "INFO: No backups found")
    assert (found["backups"], found["segments"], found["unreadable"]) == ([], [], [])


def test_a_name_that_is_none_is_not_offered() -> None:
    assert TOOL.listed(said(json.dumps([{**ONE, "backup_name": "$(x)"}])), "")["backups"] == []


@pytest.mark.parametrize(
    ("told", "complaint", "why"),
    [
        (said("", rc=1), "ERROR: AccessDenied", "wal-g backup-list: ERROR: AccessDenied"),
        (said("banana"), "", "banana"),
        (said("[]").replace("== wal ended 0", "== wal ended 1"), "no st", "wal-g st ls: no st"),
        ("now 1\n", "", "it did not answer"),
    ],
)
def test_what_cannot_be_read_is_told(told: str, complaint: str, why: str) -> None:
    (unreadable,) = TOOL.listed(told, complaint)["unreadable"]
    assert why in unreadable


VERIFIED = json.dumps({"integrity": {"status": "OK"}, "timeline": {"status": "FAILURE"}})


@pytest.mark.parametrize(
    ("rc", "text", "why"),
    [
        (0, f"INFO: checking\n{VERIFIED}", "integrity OK, timeline FAILURE"),
        (1, "ERROR: cannot connect", "cannot connect"),
        (0, "banana", "banana"),
        (124, "", "too long"),
    ],
)
def test_a_backup_is_never_read_so_that_nothing_is_known(rc: int, text: str, why: str) -> None:
    found = TOOL.verified({"path": ONE["backup_name"]}, rc, text)
    assert found["status"] == "unknown" and why in found["said"]


def test_its_commands() -> None:
    found = {"path": ONE["backup_name"], "major": 15, "room_kib": 22588}
    call = """as sh -c 'set -a; . "$0"; exec wal-g "$@"' /etc/wal-g/env """
    assert f'{call}backup-fetch "$to" {ONE["backup_name"]}' in TOOL.bring(found)
    sentinel = f"basebackups_005/{ONE['backup_name']}_backup_stop_sentinel.json"
    assert f"st cat {sentinel}" in TOOL.before(found)
    assert TOOL.restore_command("/r") == 'set -a; . /etc/wal-g/env; exec wal-g wal-fetch %f "%p"'
    by_file = WalG("", "/etc/wal-g.json", "postgres")
    assert 'wal-g --config /etc/wal-g.json backup-fetch "$to"' in by_file.bring(found)
    assert by_file.restore_command("/r") == 'exec wal-g --config /etc/wal-g.json wal-fetch %f "%p"'
