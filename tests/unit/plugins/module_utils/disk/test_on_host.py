# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the program does with files, on real ones: nothing outside of its folder, and nothing it was not told of."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import on_host

DAY = 86400
HOSTILE: list[str | bytes] = [
    "-rf.log",
    "a\nb.log",
    "ü☃.log",
    "a b.log",
    "a'b\".log",
    "$(id);`id`.log",
    "*.log",
    b"\xff\xfe.log",
]


def rule(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "dir": str(folder),
        "pattern": "*.log",
        "older_than_days": 7,
        "keep": 1,
        "validate": [],
        **more,
    }


def put(folder: Path, name: str | bytes, days: float, content: bytes = b"x" * 5000) -> str:
    path = os.path.join(os.fsencode(folder), os.fsencode(name))  # noqa: PTH118 - names that are no text
    with open(path, "wb") as stream:  # noqa: PTH123
        stream.write(content)
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return os.fsdecode(name)


def names(found: dict[str, Any], key: str) -> list[str]:
    return [one["name"] for one in found[key]]


def wanted(found: dict[str, Any]) -> list[list[Any]]:
    return [[one["name"], one["ino"], one["mtime_ns"]] for one in found["go"]]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "log"
    folder.mkdir(parents=True)
    return folder


def test_by_age_and_the_newest_stays(logs: Path) -> None:
    for days in (1, 6, 8, 9):
        put(logs, f"{days}.log", days)
    put(logs, "other.txt", 30)
    put(logs, ".hidden.log", 30)
    (logs / "folder.log").mkdir()
    (logs / "link.log").symlink_to("/etc/passwd")
    found = on_host.survey(rule(logs))
    assert names(found, "go") == ["9.log", "8.log"]
    assert names(found, "kept") == ["1.log"]
    done = on_host.unlink(rule(logs), wanted(found))
    assert done["gone"] == ["9.log", "8.log"] and done["bytes"] > 0 and done["left"] == []
    assert sorted(one.name for one in logs.iterdir()) == [
        ".hidden.log", "1.log", "6.log", "folder.log", "link.log", "other.txt",
    ]  # fmt: skip


def test_all_old_the_newest_valid_ones_stay(logs: Path) -> None:
    for days in (10, 20, 30, 40):
        put(logs, f"{days}.log", days)
    found = on_host.survey(rule(logs, keep=3))
    assert (names(found, "kept"), names(found, "go")) == (
        ["10.log", "20.log", "30.log"],
        ["40.log"],
    )


ZIPPED = gzip.compress(b"data" * 10000)
CONTENTS = {
    "zipped": ZIPPED,
    "cut off": ZIPPED[:-20],
    "large": gzip.compress(os.urandom(3 * 2**20)),
    "words": b"CREATE TABLE x();",
    "zstd": b"\x28\xb5\x2f\xfd....",
    "pg_dump": b"PGDMP\x01\x0e",
    "zeros": b"\x00" * 5000,
    "nothing": b"",
}


@pytest.mark.parametrize(
    ("name", "content", "good"),
    [
        ("b.sql.gz", "zipped", True),
        ("b.sql.gz", "cut off", False),
        ("b.sql.gz", "words", False),
        ("b.sql.gz", "nothing", False),
        ("b.tgz", "large", True),
        ("b.zst", "zstd", True),
        ("b.zst", "words", False),
        ("b.dump", "pg_dump", True),
        ("b.dump", "zeros", False),
        ("b.sql", "words", True),
        ("b.sql", "zeros", False),
        ("b.sql", "nothing", False),
        ("b.tar", "zeros", False),
    ],
)
def test_what_is_a_backup(logs: Path, name: str, content: str, good: bool) -> None:
    put(logs, name, 1, CONTENTS[content])
    here = on_host.entered(str(logs))
    seen = on_host.looked_at(here, name)
    assert seen and on_host.valid(here, seen, []) is good
    os.close(here)


def test_a_real_archive_and_a_command_of_ones_own(logs: Path) -> None:
    with tarfile.open(logs / "b.tar", "w") as archive:
        archive.add(__file__, "test.py")
    put(logs, "b.sql", 1, b"-- dumped\n")
    here = on_host.entered(str(logs))
    archive_seen, plain = on_host.looked_at(here, "b.tar"), on_host.looked_at(here, "b.sql")
    assert archive_seen and plain
    assert on_host.valid(here, archive_seen, []) and on_host.valid(
        here, archive_seen, ["tar", "-tf", "-"]
    )
    assert on_host.valid(here, plain, ["grep", "-q", "dumped"])
    assert not on_host.valid(here, plain, ["tar", "-tf", "-"])
    assert not on_host.valid(here, plain, ["/no/such/program"])
    os.close(here)


@pytest.mark.parametrize("broken", ["nothing", "words", "cut off"])
def test_a_newest_backup_that_is_none_does_not_count(logs: Path, broken: str) -> None:
    backups = rule(logs, pattern="*.gz", keep=2)
    for days in (9, 10, 11, 12):
        put(logs, f"{days}.gz", days, ZIPPED)
    put(logs, "8.gz", 8, CONTENTS[broken])
    found = on_host.survey(backups)
    assert names(found, "kept") == ["9.gz", "10.gz"]
    on_host.unlink(backups, wanted(found))
    assert {"9.gz", "10.gz"} <= {one.name for one in logs.iterdir()}


def test_with_too_few_valid_ones_nothing_goes(logs: Path) -> None:
    put(logs, "10.gz", 10, ZIPPED)
    put(logs, "11.gz", 11, ZIPPED)
    put(logs, "12.gz", 12, b"broken")
    for keep in (3, 4):
        found = on_host.survey(rule(logs, pattern="*.gz", keep=keep))
        assert found["go"] == [] and found["files"] == 3


def test_hostile_names_are_names(logs: Path) -> None:
    made = [put(logs, name, 20) for name in HOSTILE]
    put(logs, "new.log", 1)
    put(logs, "keep me", 20)
    found = on_host.survey(rule(logs))
    done = on_host.unlink(rule(logs), wanted(found))
    assert sorted(done["gone"]) == sorted(made)
    assert sorted(one.name for one in logs.iterdir()) == ["keep me", "new.log"]


def test_what_is_open_or_changed_since_stays(logs: Path) -> None:
    for name in ("open.log", "touched.log", "replaced.log", "gone.log"):
        put(logs, name, 20)
    put(logs, "new.log", 1)
    found = on_host.survey(rule(logs))
    assert len(found["go"]) == 4
    os.utime(logs / "touched.log")
    (logs / "replaced.log").unlink()
    (logs / "replaced.log").symlink_to("/etc/passwd")
    (logs / "gone.log").unlink()
    with (logs / "open.log").open():
        done = on_host.unlink(rule(logs), wanted(found))
    assert done["gone"] == [] and len(done["left"]) == 4
    assert (logs / "open.log").exists() and Path("/etc/passwd").exists()


def test_wal_is_never_a_file_that_may_go(logs: Path) -> None:
    for name in ("000000010000000000000001", "000000010000000000000001.gz", "00000002.history"):
        put(logs, name, 50)
    put(logs, "0000.gz", 1)
    found = on_host.survey(rule(logs, pattern="0*"))
    assert (found["go"], found["files"]) == ([], 1)


def test_a_symlink_anywhere_on_the_way(logs: Path, tmp_path: Path) -> None:
    put(logs, "old.log", 20)
    (tmp_path / "short").symlink_to(logs)
    (tmp_path / "way").symlink_to(tmp_path / "shop")
    for folder in (tmp_path / "short", tmp_path / "way" / "log"):
        assert "is a symlink or no folder" in on_host.survey(rule(folder))["refused"]
        assert "is a symlink or no folder" in on_host.unlink(rule(folder), [])["refused"]
    assert "cannot be entered" in on_host.survey(rule(tmp_path / "none"))["refused"]
    assert (logs / "old.log").exists()


@pytest.mark.parametrize("where", [".", "..", "../.."])
def test_a_servers_data(logs: Path, where: str) -> None:
    (logs / where / "PG_VERSION").write_text("16\n")
    assert "belongs to the data of a server" in on_host.survey(rule(logs))["refused"]


def test_nothing_is_left_open(logs: Path, tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    (tmp_path / "short").symlink_to(logs)
    for folder in (logs, tmp_path / "short", tmp_path / "none"):
        on_host.survey(rule(folder))
        on_host.unlink(rule(folder), [])
    assert len(os.listdir("/proc/self/fd")) == len(before)  # noqa: PTH208


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
def test_a_mount_point(logs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    put(other, "old.log", 20)
    for options in (["-t", "tmpfs", "none"], ["--bind", str(other)]):
        subprocess.run(["mount", *options, str(logs)], check=True)
        try:
            assert "is a mount point" in on_host.survey(rule(logs))["refused"]
            inside = logs / "log"
            inside.mkdir()
            assert on_host.survey(rule(inside))["refused"] is None
        finally:
            subprocess.run(["umount", str(logs)], check=True)


@pytest.mark.parametrize("swapped", ["folder", "above", "file"])
def test_two_hundred_races(tmp_path: Path, swapped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody swaps the folder, one above it, or the file for a symlink to what is precious, as fast as can be."""
    monkeypatch.setattr(on_host, "open_files", set)  # which takes longer than all the rest
    logs, precious = tmp_path / "a" / "log", tmp_path / "precious" / "log"
    logs.mkdir(parents=True)
    precious.mkdir(parents=True)
    target = {"folder": logs, "above": logs.parent, "file": logs / "1.log"}[swapped]
    instead = {"folder": precious, "above": precious.parent, "file": precious / "1.log"}[swapped]
    for number in range(5):
        put(precious, f"{number}.log", 20)
    before = {one.name: one.stat().st_ino for one in precious.iterdir()}
    stop = threading.Event()
    thread = threading.Thread(target=swap, args=(target, instead, stop))
    thread.start()
    deleted = races = 0
    end = time.monotonic() + 30
    try:
        # On a busy machine all of them may meet the symlink.
        while races < 200 or (not deleted and time.monotonic() < end):
            races += 1
            try:
                for number in range(5):
                    put(logs, f"{number}.log", 20) if not through(logs) else None
            except OSError:
                pass
            found = on_host.survey(rule(logs))
            deleted += len(on_host.unlink(rule(logs), wanted(found))["gone"])
    finally:
        stop.set()
        thread.join()
    assert deleted > 0
    assert {one.name: one.stat().st_ino for one in precious.iterdir()} == before


def through(folder: Path) -> bool:
    """Whether the test itself would write into what is precious."""
    return folder.is_symlink() or folder.parent.is_symlink()


def swap(target: Path, instead: Path, stop: threading.Event) -> None:
    aside = target.with_name(f"{target.name}.aside")
    while not stop.is_set():
        try:
            target.rename(aside)
            target.symlink_to(instead)
            time.sleep(0.0005)
            target.unlink()
            aside.rename(target)
            time.sleep(0.0005)
        except OSError:
            continue


def test_any_python_runs_it_from_its_standard_input(logs: Path) -> None:
    put(logs, "old.log", 20)
    put(logs, "new.log", 1)
    source = Path(on_host.__file__).read_text()
    text = json.dumps({"do": "survey", "rules": [rule(logs)], "most": 10})
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=f"{source}\nmain({text!r})\n", text=True, capture_output=True, check=True,
    )  # fmt: skip
    (found,) = json.loads(done.stdout)
    assert (found["go_files"], found["refused"]) == (1, None)
