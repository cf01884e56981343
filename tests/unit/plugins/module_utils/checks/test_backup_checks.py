# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""backup, postgresql_archiving and integrity: no data is never ok."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import grade

NOW = 1768968000
BACKUP = {
    "path": "/b/one",
    "start": f"{1:08X}{0:08X}{2:08X}",
    "finished": NOW - 3600,
    "kib": 1,
    "major": 15,
}
SEGMENT = {"name": BACKUP["start"], "bytes": 16 << 20, "at": NOW - 1800}
LATER = {**SEGMENT, "name": f"{1:08X}{0:08X}{4:08X}"}
LISTED: dict[str, Any] = {
    "refused": None, "unreadable": [], "unfinished": [], "now": NOW, "max_age_hours": 26,
    "verified": {"status": "ok", "said": ""}, "backups": [BACKUP], "segments": [SEGMENT],
}  # fmt: skip


def graded(check: str, probe: str, reading: dict[str, Any]) -> set[tuple[str, str]]:
    return {(f["severity"], f["reason"]) for f in grade([check], {probe: reading}, {}, "db")}


@pytest.mark.parametrize(
    ("more", "bad"),
    [
        ({}, set()),
        (
            {"refused": {"reason": "not_configured", "message": "x"}},
            {("unknown", "not_configured")},
        ),
        (
            {"refused": {"reason": "host_unreachable", "message": "x"}},
            {("unknown", "host_unreachable")},
        ),
        ({"unreadable": ["/b"]}, {("crit", "backup_unreadable")}),
        ({"backups": []}, {("crit", "backup_missing")}),
        ({"unfinished": ["/b/two"]}, {("warn", "backup_unfinished")}),
        ({"now": NOW + 26 * 3600}, {("crit", "backup_old")}),
        ({"verified": {"status": "corrupt", "said": "x"}}, {("crit", "backup_corrupt")}),
        ({"verified": {"status": "unknown", "said": "x"}}, {("unknown", "backup_unverified")}),
        ({"verified": None}, set()),
        ({"segments": []}, {("crit", "archive_empty")}),
        ({"segments": [SEGMENT, LATER]}, {("crit", "wal_gap")}),
        ({"backups": [{**BACKUP, "damaged": True}]}, {("crit", "backup_corrupt")}),
    ],
    ids=str,
)
def test_backup(more: dict[str, Any], bad: set[tuple[str, str]]) -> None:
    assert graded("backup", "backup", {**LISTED, **more}) - {("ok", "ok")} == bad


@pytest.mark.parametrize(
    ("at", "said"),
    [(NOW - 1800, "a point in time from"), (NOW - 3601, "nothing later than the backup itself")],
)
def test_what_can_be_restored_is_told(at: int, said: str) -> None:
    reading = {**LISTED, "segments": [{**SEGMENT, "at": at}]}
    found = grade(["backup"], {"backup": reading}, {}, "db")
    assert found[-1]["severity"] == "ok" and said in found[-1]["summary"]


ARCHIVER = {
    "mode": "on", "failing": False, "last_failed_at": None, "last_failed_wal": None, "failed_count": 0,
    "last_archived_at": "x", "last_archived_wal": "y",
}  # fmt: skip


@pytest.mark.parametrize(
    ("archiver", "standby", "found"),
    [
        ({}, False, ("ok", "ok")),
        ({"last_archived_at": None}, False, ("ok", "ok")),
        ({"failing": True}, False, ("crit", "wal_archiving_failing")),
        ({"failing": True, "last_archived_at": None}, False, ("crit", "wal_archiving_failing")),
        ({"mode": "off"}, False, ("crit", "archiving_off")),
        ({}, True, ("ok", "standby")),
        ({"mode": "always", "failing": True}, True, ("crit", "wal_archiving_failing")),
    ],
    ids=str,
)
def test_archiving(archiver: dict[str, Any], standby: bool, found: tuple[str, str]) -> None:
    document = {
        "server": {"in_recovery": standby},
        "transactions": {"archiver": {**ARCHIVER, **archiver}},
    }
    assert graded("postgresql_archiving", "postgresql", {"document": document}) == {found}


def test_of_a_silent_server_nothing_is_known() -> None:
    refused = {"reason": "refused", "message": "no"}
    silent = {"document": None, "refused": {"normal": refused}}
    assert graded("postgresql_archiving", "postgresql", silent) == {("unknown", "unreachable")}
    reading: dict[str, Any] = {"refused": refused, "checksums": None, "queries": []}
    assert graded("integrity", "integrity", reading) == {("unknown", "unreachable")}


def query(value: str | None, reason: str = "") -> dict[str, Any]:
    error = {"reason": reason, "message": "m"} if reason else None
    return {"name": "q", "expect": "1", "value": value, "error": error}


FAILURE = {"database": "shop", "count": 1, "last_at": "x"}


@pytest.mark.parametrize(
    ("on", "failures", "queries", "found"),
    [
        (True, [], [], ("ok", "ok")),
        (False, [], [query("1")], ("ok", "ok")),
        (False, [], [], ("unknown", "unchecked")),
        (True, [FAILURE], [], ("crit", "checksum_failures")),
        (True, [], [query("2")], ("crit", "integrity_failed")),
        (True, [], [query(None)], ("crit", "integrity_failed")),
        (True, [], [query(None, "data_corrupted")], ("crit", "data_unreadable")),
        (True, [], [query(None, "insufficient_privilege")], ("unknown", "query_failed")),
        (True, [], [query(None, "statement_timeout")], ("unknown", "query_failed")),
    ],
    ids=str,
)
def test_integrity(
    on: bool, failures: list[Any], queries: list[Any], found: tuple[str, str]
) -> None:
    reading = {"refused": None, "checksums": {"on": on, "failures": failures}, "queries": queries}
    assert graded("integrity", "integrity", reading) == {found}
