# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import coverage

MIB16 = 16 * 1024 * 1024


def name(timeline: int, number: int, per_log: int = 256) -> str:
    return coverage.name_of(timeline, number, per_log)


def wal(*pairs: tuple[int, int], size: int = MIB16) -> list[dict[str, Any]]:
    """Each archived ten seconds after the one before."""
    per_log = 0x100000000 // size
    return [
        {"name": name(timeline, number, per_log), "bytes": size, "at": 1000 + 10 * at}
        for at, (timeline, number) in enumerate(pairs)
    ]


BACKUP = {"path": "/b/one", "start": name(1, 2), "finished": 1005, "kib": 1, "major": 15}


@pytest.mark.parametrize(
    ("pairs", "latest", "gap"),
    [
        ([], None, ""),
        ([(1, 1)], None, ""),
        ([(1, 1), (1, 2)], 1010, ""),
        ([(1, 2), (1, 3), (1, 4)], 1020, ""),
        ([(1, 2), (1, 4)], 1000, name(1, 3)),
        ([(1, 3), (1, 4)], None, name(1, 2)),
        ([(1, 254), (1, 256)], None, name(1, 2)),
        ([(1, 2), (1, 3), (2, 3), (2, 4)], 1030, ""),
        ([(1, 2), (2, 3), (2, 4)], 1020, ""),
        ([(1, 2), (2, 3), (1, 4)], 1010, name(2, 4)),
    ],
    ids=str,
)
def test_the_row_of_wal(pairs: list[tuple[int, int]], latest: int | None, gap: str) -> None:
    found = coverage.of(BACKUP, wal(*pairs))
    assert (found.earliest, found.latest, found.gap) == (1005, latest, gap)


def test_a_log_ends_after_as_many_pieces_as_their_size_says() -> None:
    size = 64 * 1024 * 1024
    backup = {**BACKUP, "start": name(1, 63, 64)}
    found = coverage.of(backup, wal((1, 63), (1, 64), size=size))
    assert found.gap == "" and found.latest == 1010
    assert [one["name"][8:] for one in wal((1, 63), (1, 64), size=size)] == [
        "000000000000003F",
        "0000000100000000",
    ]


def test_the_newest_backup_that_was_finished_by_then() -> None:
    second = {**BACKUP, "path": "/b/two", "finished": 2000}
    reading = {"backups": [BACKUP, second], "segments": wal((1, 2))}
    chosen = {at: coverage.best(reading, at) for at in (1004, 1005, 1999, 2000, None)}
    paths = {at: found.backup["path"] if found else None for at, found in chosen.items()}
    assert paths == {1004: None, 1005: "/b/one", 1999: "/b/one", 2000: "/b/two", None: "/b/two"}
    assert coverage.best({"backups": [], "segments": []}) is None


def test_one_of_damaged_pages_only_when_there_is_no_other() -> None:
    damaged = {**BACKUP, "path": "/b/two", "finished": 2000, "damaged": True}
    for backups, path in (([BACKUP, damaged], "/b/one"), ([damaged], "/b/two")):
        found = coverage.best({"backups": backups, "segments": []})
        assert found and found.backup["path"] == path
