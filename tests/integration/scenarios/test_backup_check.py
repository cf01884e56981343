# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""backup_check, from outside, on real base backups and a real archive. It only tells."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import archive
from ansible_collections.oncall.runbooks.tests.integration.scenarios.archive import Archived

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archived]:
    with archive.archiving(tmp_path_factory.mktemp("backup")) as found:
        yield found


def looked(archived: Archived, *options: str) -> Any:
    before = archived.fingerprint()
    done = archived.run("backup_check", *options)
    assert archived.fingerprint() == before and done.report["changes"] == []
    return done


def reasons(done: Any) -> set[str]:
    return {found["reason"] for found in done.report["findings"]} - {"ok"}


def test_what_can_be_restored_is_told(archived: Archived) -> None:
    none = looked(archived)
    assert reasons(none) == {"backup_missing"} and none.outcome == "attention" and none.rc != 0
    backup = archived.take("first")
    for options in (("--check",), ()):
        done = looked(archived, *options)
        assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
        assert "can be restored" in str(done.report["findings"])
    old = time.time() - 27 * 3600
    os.utime(backup / "backup_manifest", (old, old))
    assert reasons(looked(archived)) == {"backup_old"}
    os.utime(backup / "backup_manifest")
    damaged(archived, backup)
    gap(archived)
    unfinished(archived, backup)


def damaged(archived: Archived, backup: Path) -> None:
    victim = max((backup / "base").rglob("[0-9]*"), key=lambda path: path.stat().st_size)
    text = victim.read_bytes()
    victim.write_bytes(text[:-1] + bytes([text[-1] ^ 1]))
    done = looked(archived)
    assert reasons(done) == {"backup_corrupt"} and done.rc != 0
    assert victim.name in done.finding("backup")["summary"]
    victim.write_bytes(text)


def gap(archived: Archived) -> None:
    """PG27."""
    taken = archived.wal / archived.archive_all()
    archived.archive_all()
    aside = archived.folder / "aside"
    shutil.move(taken, aside)
    done = looked(archived)
    assert reasons(done) == {"wal_gap"} and taken.name in done.stdout and done.rc != 0
    shutil.move(aside, taken)


def unfinished(archived: Archived, backup: Path) -> None:
    half = archived.base / "half"
    half.mkdir()
    shutil.copy(backup / "backup_label", half)
    done = looked(archived)
    assert reasons(done) == {"backup_unfinished"} and (done.outcome, done.rc) == ("attention", 0)
    shutil.rmtree(half)


def test_an_archive_command_that_fails_is_told(archived: Archived) -> None:
    """PG18."""
    if not list(archived.base.iterdir()):
        archived.take("first")
    with archived.server.connect() as there:
        there.execute(b"ALTER SYSTEM SET archive_command = 'false'")
        there.execute(b"SELECT pg_reload_conf()")
    try:
        archived.server.query("SELECT txid_current()")
        archived.server.query("SELECT pg_switch_wal()")
        failing = (
            "SELECT count(*) FROM pg_stat_archiver WHERE last_failed_time > last_archived_time"
        )
        end = time.monotonic() + 30
        while archived.server.query(failing) != [(1,)] and time.monotonic() < end:
            time.sleep(0.2)
        done = looked(archived)
        assert "wal_archiving_failing" in reasons(done) and done.rc != 0
        assert archived.server.query("SHOW archive_mode") == [("on",)]
    finally:
        with archived.server.connect() as there:
            there.execute(b"ALTER SYSTEM RESET archive_command")
            there.execute(b"SELECT pg_reload_conf()")
