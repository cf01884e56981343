# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of a silent server: what was seen of it where it lives, by its right name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import (
    postgresql_migrations,
    postgresql_place,
    postgresql_replication,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import place

DISK = {"mount": "/data", "free_bytes": 2**30, "inodes_percent": 5, "read_only": False}


def seen(text: str = "", **more: Any) -> dict[str, Any]:
    return {
        **place.parsed(text), "refused": None, "filesystems": [DISK], "speaks": False,
        "migrations": None, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (seen(speaks=True), []),
        (seen("ready 0\nserver 7 S\n"), ["answers_there"]),
        # without its process, as in another container: that it answers is enough
        (seen("ready 0\n"), ["answers_there"]),
        (seen("ready 1\nserver 7 S\n"), ["rejecting"]),
        (seen("ready 2\nserver 7 S\n"), ["hung"]),
        (seen("ready 2\nserver 7 T\n"), ["hung"]),
        (seen("server 7 T\n"), ["hung"]),
        (seen("ready 2\n"), ["not_running"]),
        (seen("ready 3\n"), ["place_unknown"]),
        (seen("server 7 S\n"), ["place_unknown"]),
        (seen(""), ["place_unknown"]),
        (seen("ready 2\nserver 7 S\nconfig invalid value\n"), ["config_invalid", "hung"]),
        (seen("ready 2\n", filesystems=[{**DISK, "free_bytes": 1}]), ["disk_full", "not_running"]),
        (seen("ready 2\n", filesystems=[{**DISK, "inodes_percent": 100}]), ["disk_full", "not_running"]),
        (seen("ready 2\n", filesystems=[{**DISK, "inodes_percent": None}]), ["not_running"]),
        (seen("ready 2\n", filesystems=[{**DISK, "read_only": True}]), ["read_only", "not_running"]),
        ({**place.nothing("not_managed", "no"), "speaks": False}, ["not_managed"]),
        (
            {**place.nothing("host_unreachable", "no"), "speaks": False, "filesystems": [{**DISK, "free_bytes": 1}]},
            ["host_unreachable", "disk_full"],
        ),
    ],
)  # fmt: skip
def test_place(given: dict[str, Any], reasons: list[str]) -> None:
    found = postgresql_place.grade(given, {})
    assert [one["reason"] for one in found] == reasons
    assert set(reasons) <= set(postgresql_place.REASONS)
    unknown = {"not_managed", "host_unreachable", "place_unknown"}
    assert {f["reason"] for f in found if f["severity"] == "unknown"} == unknown & set(reasons)


def test_what_it_said_of_its_configuration_is_one_line() -> None:
    text = 'ready 2\nconfig FATAL: "banana"\x1b[31m is no number\n'
    error = place.parsed(text)["configuration"]["error"]
    assert error.isprintable() and "banana" in error


@pytest.mark.parametrize("host", ["a b", "$(reboot)", "'", "", "a;b"])
def test_a_host_is_no_command(host: str) -> None:
    with pytest.raises(ValueError, match="no name and no address"):
        place.script(5432, host)


@pytest.mark.parametrize(
    ("told", "severity", "reason"),
    [
        (None, None, None),
        ({"status": 0, "said": "none pending"}, "ok", "ok"),
        ({"status": 1, "said": "2 pending"}, "warn", "migrations_pending"),
        ({"status": None, "said": "the host does not answer"}, "unknown", "not_asked"),
    ],
)
def test_migrations(told: Any, severity: str | None, reason: str | None) -> None:
    found = postgresql_migrations.grade(seen(migrations=told), {})
    assert [(f["severity"], f["reason"]) for f in found] == (
        [(severity, reason)] if severity else []
    )


@pytest.mark.parametrize(
    ("named", "streaming", "failing", "recovering", "reasons"),
    [
        ([], [], False, False, ["ok"]),
        (["s1"], ["s1"], False, False, ["ok"]),
        (["s1", "s2"], ["s1"], False, False, ["standby_missing"]),
        (["s1"], [], True, False, ["standby_missing", "wal_archiving_failing"]),
        (["s1"], [], True, True, ["standby"]),
    ],
)
def test_replication(
    named: list[str], streaming: list[str], failing: bool, recovering: bool, reasons: list[str]
) -> None:
    archiver = {
        "failing": failing,
        "last_failed_at": "x",
        "last_failed_wal": "y",
        "failed_count": 3,
    }
    document = {
        "server": {"in_recovery": recovering},
        "replication": {
            "standbys": [{"application_name": n, "state": "streaming"} for n in streaming]
        },
        "transactions": {"archiver": archiver},
    }
    found = postgresql_replication.grade({"document": document, "standbys": named}, {})
    assert [one["reason"] for one in found] == reasons
