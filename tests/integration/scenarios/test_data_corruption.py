# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""data_corruption, from outside, on real base backups: a copy at a moment, beside a live server that
nothing touches; refused when that cannot be right."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs
from ansible_collections.oncall.runbooks.tests.integration.scenarios import archive
from ansible_collections.oncall.runbooks.tests.integration.scenarios.archive import Archived, lab

pytestmark = pytest.mark.slow
FAST = {"hold_seconds": 0, "timeout_seconds": 30}
WHOLE = {"name": "orders", "sql": "SELECT count(*) >= 1000 FROM public.orders", "expect": "true"}

VICTIM = {"name": "victim", "sql": "SELECT count(*) FROM public.victim", "expect": "1000"}


class Marked(Archived):
    """With moments between rows that mark them: at `moments[n]` the rows 1 to n were there."""

    moments: dict[int, str]
    number: int = 0

    def mark(self, upto: int) -> None:
        self.moments = {}
        with self.server.connect() as there:
            there.execute(b"CREATE TABLE marks (n int PRIMARY KEY)")
            there.execute(b"CREATE TABLE lost (n int)")
            there.execute(b"GRANT SELECT ON orders TO oncall")
        for number in range(1, upto + 1):
            self.server.query("INSERT INTO marks VALUES (%s) RETURNING n", number)
            time.sleep(0.6)
            self.moments[number] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            time.sleep(0.6)
        with self.server.connect() as there:
            there.execute(b"DROP TABLE lost")
        self.archive_all()

    def place(self) -> dict[str, Any]:
        self.number += 1
        folder = self.folder / f"copy{self.number}"
        return {"restore_dir": folder, "restore_port": lab._free_port()}

    def restore(self, *options: str, **variables: Any) -> Any:
        """Whatever comes of it, the live server, the backups and the archive stay as they are."""
        before = self.fingerprint()
        done = self.run("data_corruption", *options, **{**FAST, **variables})
        assert self.fingerprint() == before, done.stdout + done.stderr
        return done

    def refused(self, said: str, **variables: Any) -> Any:
        for options in (("--check",), ()):
            done = self.restore(*options, **variables)
            assert done.rc != 0 and said in done.stdout + done.stderr, done.stdout + done.stderr
            assert not done.report or done.report["changes"] == []
        return done

    def copy(self, port: int) -> psycopg.Connection[Any]:
        return psycopg.connect(
            **{**self.server.dsn(), "port": port},
            autocommit=True,
            options="-c statement_timeout=10s",
        )

    def end_copies(self) -> None:
        control = [*lab._unprivileged(), str(programs.folder(self.server) / "pg_ctl")]
        for folder in self.folder.glob("copy*"):
            if (folder / "postmaster.pid").exists():
                lab._run([*control, "-D", str(folder), "-m", "immediate", "-w", "stop"], "stop")


@pytest.fixture(scope="module")
def marked() -> Iterator[Marked]:
    """In a folder that the server's user can reach: pytest's own are closed to him."""
    with (
        tempfile.TemporaryDirectory(prefix="oncall-pitr-") as folder,
        archive.archiving(Path(folder)) as found,
    ):
        mine = Marked(found.server, found.folder)
        mine.backup = {"integrity": [WHOLE]}
        mine.take("first")
        time.sleep(1.1)  # times of files are told in seconds
        mine.mark(5)
        yield mine
        mine.end_copies()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_copy_holds_what_was_there_at_its_moment(marked: Marked, number: int) -> None:
    """PG25: the rows that mark it, exactly; read-only, and beside the live server."""
    place, target = marked.place(), marked.moments[number]
    if number == 1:
        assert marked.restore("--check", target_time=target, **place).outcome == "planned"
        assert not place["restore_dir"].exists()
    done = marked.restore(target_time=target, **place)
    assert (done.outcome, done.rc) == ("done", 0), done.stdout + done.stderr
    with marked.copy(place["restore_port"]) as there:
        rows = [row[0] for row in there.execute(b"SELECT n FROM marks ORDER BY n")]
        assert rows == list(range(1, number + 1))
        assert there.execute(b"SELECT count(*) FROM lost").fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            there.execute(b"INSERT INTO marks VALUES (99)")
    if number == 1:
        again = marked.restore(target_time=target, **place)
        assert (again.outcome, again.rc, again.report["changes"]) == ("healthy", 0, [])
        other = marked.refused("is there already", target_time=marked.moments[2], **place)
        assert other.outcome == "refused"
    marked.end_copies()


def later(**more: float) -> str:
    return (datetime.now(UTC) + timedelta(**more)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_cannot_be_right_is_refused(marked: Marked) -> None:
    """PG26, BI60, BI61, BI63."""
    place, good = marked.place(), marked.moments[2]
    after = marked.refused("after the last WAL", target_time=later(seconds=-1), **place)
    assert "what can be restored is" in after.report["next_step"]
    before = marked.refused("before the oldest backup", target_time=later(days=-1), **place)
    assert "what can be restored is" in before.report["next_step"]
    marked.refused(
        "restore_dir", target_time=good, **{**place, "restore_dir": marked.server.data_dir}
    )
    for said, more in (
        ("with its zone", {"target_time": "2026-11-21T03:04:05"}),
        ("a time of the past", {"target_time": later(hours=1)}),
        ("a time of the calendar", {"target_time": "2026-02-31T03:04:05Z"}),
        ("exactly one of the two", {"target_time": good, "target_xid": 700}),
        ("another port", {"target_time": good, "restore_port": marked.server.port}),
        ("a folder outside", {"target_time": good, "restore_dir": marked.base / "x"}),
    ):
        done = marked.restore(**{**place, **more})
        assert done.rc != 0 and done.report is None
        assert said in done.stdout + done.stderr, done.stdout + done.stderr
    assert not place["restore_dir"].exists()


def test_a_damaged_backup_is_refused(marked: Marked) -> None:
    victim = next((marked.base / "first" / "global").glob("pg_filenode.map"))
    text = victim.read_bytes()
    victim.write_bytes(bytes([text[0] ^ 1]) + text[1:])
    try:
        place = marked.place()
        done = marked.restore(target_time=marked.moments[2], **place)
        assert done.outcome in ("refused", "unrecovered") and done.rc != 0
        assert "the backup is not whole" in done.stdout and not place["restore_dir"].exists()
    finally:
        victim.write_bytes(text)


def test_missing_wal_is_refused(marked: Marked) -> None:
    """PG27: told by the list, and where a file is not what its name says, by the recovery itself."""
    names = sorted(path.name for path in marked.wal.iterdir() if len(path.name) == 24)
    start = marked.run("backup_check").report
    assert start
    first, last = marked.wal / names[-2], marked.wal / names[-1]
    aside = marked.folder / "aside"
    shutil.move(first, aside)
    try:
        place = marked.place()
        done = marked.refused(first.name, target_time=marked.moments[5], **place)
        assert done.outcome == "refused" and not place["restore_dir"].exists()
        marked_as = first.stat().st_mtime if first.exists() else 0
        assert not marked_as
        shutil.copy2(last, first)
        broken = marked.restore(target_time=marked.moments[5], **place)
        assert broken.outcome == "unrecovered" and broken.rc != 0, broken.stdout
        # Wherever the line breaks.
        assert "the live server was not touched" in " ".join(broken.stdout.split())
    finally:
        first.unlink(missing_ok=True)
        shutil.move(aside, first)
        marked.end_copies()


def test_damage_stops_writes_and_calls_a_person(marked: Marked, tmp_path: Path) -> None:
    """PG30: a zeroed page of a real table. It is told, processing is paused, and nothing is repaired."""
    healthy = marked.restore()
    assert (healthy.outcome, healthy.rc) == ("healthy", 0), healthy.stdout + healthy.stderr
    state = tmp_path / "state"
    state.write_text("running")
    marked.more = {
        "commands": {
            "pause": ["sh", "-c", f"echo paused > {state}"],
            "resume": ["sh", "-c", f"echo running > {state}"],
            "status": ["cat", str(state)],
        }
    }
    marked.backup = {"integrity": [WHOLE, VICTIM]}
    with marked.server.connect() as there:
        there.execute(
            b"CREATE TABLE victim AS SELECT n, repeat('x', 100) AS t FROM generate_series(1, 1000) AS n"
        )
        there.execute(b"GRANT SELECT ON victim TO oncall")
        (path,) = there.execute(b"SELECT pg_relation_filepath('victim')").fetchone()
        there.execute(b"CHECKPOINT")
    control = [*lab._unprivileged(), str(programs.folder(marked.server) / "pg_ctl")]
    data = str(marked.server.data_dir)
    lab._run([*control, "-D", data, "-w", "-m", "fast", "stop"], "stop")
    with (marked.server.data_dir / path).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 64)
    lab._run([*control, "-D", data, "-l", str(marked.server.log), "-w", "start"], "start")
    before = (marked.server.data_dir / path).read_bytes()
    checked = marked.restore("--check")
    assert state.read_text().strip() == "running" and checked.rc != 0
    done = marked.restore()
    assert done.outcome == "refused" and done.rc != 0, done.stdout + done.stderr
    found = {one["reason"] for one in done.report["findings"]}
    assert {"data_unreadable"} <= found
    assert "a person decides" in done.report["next_step"]
    assert [change["action"] for change in done.report["changes"]] == ["pause_processing"]
    assert state.read_text().strip() == "paused"
    assert (marked.server.data_dir / path).read_bytes() == before
    again = marked.restore()
    assert again.outcome == "refused" and again.report["changes"] == []
    assert "checksum_failures" in {one["reason"] for one in again.report["findings"]}
