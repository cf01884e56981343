# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""backup_check and data_corruption, from outside, with the user's own tool: a real pgBackRest, a real Barman."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import backup_tools
from ansible_collections.oncall.runbooks.tests.integration.scenarios.backup_tools import Backed

pytestmark = pytest.mark.slow
FAST = {"hold_seconds": 0, "timeout_seconds": 30}
WHOLE = {"name": "orders", "sql": "SELECT count(*) >= 1000 FROM public.orders", "expect": "true"}


# One of them tells what is the same for all.
BARMAN = pytest.param("barman", marks=pytest.mark.soak)


@pytest.fixture(scope="module", params=[BARMAN, "pgbackrest"])
def backed(request: pytest.FixtureRequest) -> Iterator[Backed]:
    """In a folder that the tools' users can reach: pytest's own are closed to them."""
    with (
        tempfile.TemporaryDirectory(prefix="oncall-tools-") as folder,
        backup_tools.backed(request.param, Path(folder)) as found,
    ):
        found.backup = {"integrity": [WHOLE]}
        found.take()
        found.mark(3)
        yield found


def reasons(done: Any) -> set[str]:
    return {found["reason"] for found in done.report["findings"]} - {"ok"}


def test_a_copy_holds_what_was_there_at_its_moment(backed: Backed) -> None:
    """PG25: listed, then restored; the rows that mark the moment, exactly."""
    well = backed.run("backup_check")
    assert (well.outcome, well.rc) == ("healthy", 0), well.stdout + well.stderr
    told = {found["summary"] for found in well.report["findings"] if found["check"] == "backup"}
    assert any("was finished" in one and "0.0 h ago" in one for one in told), told
    assert any("a point in time from" in one for one in told), told
    place, target = backed.place(), backed.moments[2]
    checked = backed.run("data_corruption", "--check", target_time=target, **place, **FAST)
    assert checked.outcome == "planned" and not place["restore_dir"].exists()
    done = backed.run("data_corruption", target_time=target, **place, **FAST)
    assert (done.outcome, done.rc) == ("done", 0), done.stdout + done.stderr
    with psycopg.connect(
        **{**backed.server.dsn(), "port": place["restore_port"]}, autocommit=True
    ) as there:
        rows = [row[0] for row in there.execute(b"SELECT n FROM marks ORDER BY n")]
        assert rows == [1, 2]
        assert there.execute(b"SHOW archive_mode").fetchone() == ("off",)
        assert there.execute(b"SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            there.execute(b"INSERT INTO marks VALUES (99)")
    again = backed.run("data_corruption", target_time=target, **place, **FAST)
    assert (again.outcome, again.rc, again.report["changes"]) == ("healthy", 0, [])
    backed.end_copies()


def refused(backed: Backed, said: str, target: str) -> None:
    place = backed.place()
    done = backed.run("data_corruption", target_time=target, **place, **FAST)
    # Told by the plan, or by the action before it writes anything.
    assert done.outcome in ("refused", "unrecovered") and done.rc != 0, done.stdout + done.stderr
    assert said in done.stdout, done.stdout
    assert not place["restore_dir"].exists()


def test_a_target_out_of_range_is_refused(backed: Backed) -> None:
    """PG26."""
    for said, seconds in (("after the last WAL", -1), ("before the oldest backup", -86400)):
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        refused(backed, said, at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_a_damaged_backup_is_told_and_refused(backed: Backed) -> None:
    victim = backed.victim()
    text = backup_tools.damaged(victim)
    try:
        done = backed.run("backup_check")
        assert reasons(done) == {"backup_corrupt"} and done.rc != 0, done.stdout + done.stderr
        refused(backed, "the backup is not whole", backed.moments[2])
    finally:
        victim.write_bytes(text)


@pytest.mark.parametrize("backed", [BARMAN], indirect=True)
def test_of_a_backup_without_a_manifest_the_copy_tells(backed: Backed) -> None:
    """As rsync makes them: nothing is known of it, and that is no reason to be without a copy."""
    manifest = next(path for path in backed.files() if path.name == "backup_manifest")
    aside = manifest.rename(backed.folder / "manifest")
    try:
        told = backed.run("backup_check")
        assert reasons(told) == {"backup_unverified"}, told.stdout + told.stderr
        place, target = backed.place(), backed.moments[1]
        done = backed.run("data_corruption", target_time=target, **place, **FAST)
        assert (done.outcome, done.rc) == ("done", 0), done.stdout + done.stderr
        assert "could not open file" in done.report["changes"][0]["after"]["unread"]
    finally:
        aside.rename(manifest)
        backed.end_copies()


def test_a_gap_in_the_wal_is_told_and_refused(backed: Backed) -> None:
    """PG27."""
    name = backed.archive_all()
    backed.archive_all()
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    backed.archive_all()
    piece = backed.piece(name)
    aside = piece.rename(backed.folder / "aside")
    try:
        done = backed.run("backup_check", "-everify=false")
        assert reasons(done) == {"wal_gap"} and name in done.stdout and done.rc != 0
        refused(backed, f"{name} is missing in the archive", at)
    finally:
        aside.rename(piece)


def test_a_tool_that_does_not_answer_is_told(backed: Backed) -> None:
    kept = backed.backup
    backed.backup = {backed.KEY: "nobody"}
    done = backed.run("backup_check")
    backed.backup = kept
    assert reasons(done) == {"backup_unreadable"} and done.rc != 0
    assert "nobody" in done.finding("backup")["summary"]


def test_a_backup_with_tablespaces_is_refused(backed: Backed) -> None:
    """Their links would lead to the live files."""
    place = backed.folder_of("space", "postgres")
    with backed.server.connect() as there:
        there.execute(f"CREATE TABLESPACE aside LOCATION '{place}'".encode())
    backed.take()
    backed.archive_all()
    time.sleep(1.1)  # times of backups are told in seconds
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1.1)
    backed.archive_all()
    refused(backed, "the backup has tablespaces", at)
