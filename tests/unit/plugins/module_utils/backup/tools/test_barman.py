# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answers are those of Barman 3.4."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.barman import Barman

TOOL = Barman("shop", "", "barman")
ID = "20261129T170353"
IN_LIST: dict[str, Any] = {
    "backup_id": ID, "end_time": "Sun Nov 29 17:03:57 2026", "end_time_timestamp": "1795971837",
    "size_bytes": 39907439, "status": "DONE", "tablespaces": [],
}  # fmt: skip
BASE: dict[str, Any] = {
    "begin_lsn": "0/4000028",
    "begin_wal": "000000010000000000000004",
    "disk_usage_bytes": 23130223,
    "end_time": "2026-11-29 17:03:57.458761+00:00",
    "end_time_timestamp": "1795971837",
}
SHOWN: dict[str, Any] = {
    "backup_id": ID, "base_backup_information": BASE, "postgresql_version": 150018,
    "status": "DONE", "tablespaces": [],
}  # fmt: skip
FAILED = {"backup_id": "20261129T160000", "status": "FAILED"}
WAL = """wal 338 1795971835 ./0000000100000000/000000010000000000000004.00000028.backup
wal 16400 1795971830 ./0000000100000000/000000010000000000000003
wal 16400 1795971835 ./0000000100000000/000000010000000000000004
wal 16777216 1795971900 ./0000000100000000/000000010000000000000005
"""


def said(listed: Any, *shown: dict[str, Any], wal: str = WAL, rc: int = 0) -> str:
    text = f"now 1795972000\n== list\n{json.dumps(listed)}\n== list ended {rc}\n"
    for one in shown:
        name = f"backup {one['backup_id']}"
        text += f"== {name}\n{json.dumps({'shop': one})}\n== {name} ended 0\n"
    return f"{text}== wal\n{wal}\n== wal ended 0\n"


def test_what_it_lists() -> None:
    found = TOOL.listed(said({"shop": [IN_LIST, FAILED]}, SHOWN, FAILED), "")
    assert (found["now"], found["unreadable"]) == (1795972000, [])
    assert found["unfinished"] == ["20261129T160000"]
    assert found["backups"] == [
        {
            "path": ID,
            "kib": 22588,
            "room_kib": 22588,
            "major": 15,
            "finished": 1795971837,
            "start": "000000010000000000000004",
        }
    ]
    assert found["segments"] == [
        {"name": "000000010000000000000004", "bytes": 16 << 20, "at": 1795971835},
        {"name": "000000010000000000000005", "bytes": 16 << 20, "at": 1795971900},
    ]


def test_an_older_one_tells_the_end_as_a_text() -> None:
    base = {key: value for key, value in BASE.items() if key != "end_time_timestamp"}
    shown = {**SHOWN, "base_backup_information": base}
    assert TOOL.listed(said({"shop": [IN_LIST]}, shown), "")["backups"][0]["finished"] == 1795971837


@pytest.mark.parametrize(
    "shown",
    [
        {**SHOWN, "status": "WAITING_FOR_WALS"},
        {**SHOWN, "base_backup_information": None},
        {**SHOWN, "postgresql_version": None},
        {**SHOWN, "base_backup_information": {**BASE, "begin_wal": "$(reboot)"}},
    ],
)
def test_what_is_not_whole_is_not_offered(shown: dict[str, Any]) -> None:
    found = TOOL.listed(said({"shop": [IN_LIST]}, shown), "")
    assert (found["backups"], found["unfinished"]) == ([], [ID])


@pytest.mark.parametrize(
    ("told", "complaint", "why"),
    [
        (said({"_ERROR": ["Unknown server 'shop'"]}, rc=1), "", "Unknown server 'shop'"),
        (said({"other": []}), "", "server shop"),
        ("now 1\n== list\n\n== list ended 127\n", "barman: not found", "barman: not found"),
        (said({"shop": []}).replace("== wal ended 0", "== wal ended 1"), "denied", "the WAL of"),
        ("now 1\n", "", "it did not answer"),
    ],
)
def test_what_cannot_be_read_is_told(told: str, complaint: str, why: str) -> None:
    (unreadable,) = TOOL.listed(told, complaint)["unreadable"]
    assert why in unreadable


MISMATCH = """Verifying backup '20261129T170353' on server ['shop']
Calling pg_verifybackup
ERROR: verify backup failure on directory '/var/lib/barman/shop/base/20261129T170353/data'
ERROR: pg_verifybackup: error: checksum mismatch for file "global/pg_filenode.map"
"""
NO_MANIFEST = (
    'ERROR: pg_verifybackup: fatal: could not open file "/b/backup_manifest": No such file'
)


@pytest.mark.parametrize(
    ("rc", "text", "status"),
    [
        (0, "backup successfully verified", "ok"),
        (1, MISMATCH, "corrupt"),
        (1, NO_MANIFEST, "unknown"),
        (1, NO_MANIFEST.replace("fatal", "error"), "unknown"),
        (1, "ERROR: pg_verifybackup not found", "unknown"),
        (124, "", "unknown"),
        (127, "sh: barman: not found", "unknown"),
    ],
)
def test_what_verify_backup_says(rc: int, text: str, status: str) -> None:
    assert TOOL.verified({"path": ID}, rc, text)["status"] == status


def test_its_commands() -> None:
    found = {"path": ID, "major": 15, "room_kib": 22588}
    assert f'as barman recover --get-wal shop {ID} "$to"' in TOOL.bring(found)
    assert TOOL.restore_command("/r") == 'barman get-wal shop %f > "%p"'
    other = Barman("shop", "/etc/barman/other.conf", "barman")
    for text in (other.list_text(), other.before(found), other.verify_text(found, "", 9)):
        assert "barman -c /etc/barman/other.conf " in text
