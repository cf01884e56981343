# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real file systems that are really full: of bytes, of inodes, by a file that nobody sees, or read-only."""

from __future__ import annotations

import errno
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill

harness = sys.modules["oncall_harness"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="a file system of one's own needs root"),
]
MIB, DAY = 2**20, 86400
HOSTILE = ["-rf", "a\nb", "ü☃", "a b", "a'b\"c", "$(touch HERE);`id`", "*"]
QUICK = {"service": "api", "hold_seconds": 0, "timeout_seconds": 2}


@dataclass
class Volume:
    """A tmpfs of a test, and the runs on the service whose files lie there."""

    root: Path
    folder: Path

    def put(self, name: str, days: float, content: bytes = b"x" * MIB) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        then = time.time() - days * DAY
        os.utime(path, (then, then))
        return path

    def fill(self, name: str, content: bytes, days: float = 30) -> int:
        """Until the kernel says that there is no room."""
        for number in range(100_000):
            try:
                self.put(f"{name}.{number}", days, content)
            except OSError as error:
                assert error.errno == errno.ENOSPC
                return number
        raise AssertionError("it is never full")

    def names(self, folder: str) -> set[str]:
        return {path.name for path in (self.root / folder).iterdir()}

    def snapshot(self) -> dict[str, Any]:
        seen = {str(path): path.lstat() for path in sorted(self.root.rglob("*"))}
        mounts = [
            line for line in Path("/proc/mounts").read_text().splitlines() if str(self.root) in line
        ]
        return {
            "files": {
                name: (one.st_ino, one.st_size, one.st_mtime_ns) for name, one in seen.items()
            },
            "mounts": mounts,
        }

    def site(self, *rules: dict[str, Any], **more: Any) -> Any:
        clean = [
            {"older_than_days": 7, **rule, "dir": str(self.root / rule["dir"])} for rule in rules
        ]
        entry = {
            "kind": "http", "platform": "command", "command": {"status": ["true"], "restart": ["true"]},
            "disk": {"filesystems": [str(self.root)], "clean": clean}, **more,
        }  # fmt: skip
        return harness.make_site(self.folder, {"api": entry})

    def run(self, site: Any, *options: str, **variables: Any) -> Any:
        done = site.run("disk_full", *drill.extra({**QUICK, **variables}), *options)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [])
        return done

    def unchanged(self, site: Any, *options: str, **variables: Any) -> Any:
        before = self.snapshot()
        done = self.run(site, *options, **variables)
        assert self.snapshot() == before
        assert not done.report["changes"]
        return done

    def percent(self, inodes: bool = False) -> float:
        told = os.statvfs(self.root)
        total, free = (told.f_files, told.f_ffree) if inodes else (told.f_blocks, told.f_bavail)
        return 100 * (total - free) / total


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Callable[..., Volume]]:
    made = []

    def make(size: str = "20m", inodes: int = 4000) -> Volume:
        root = tmp_path / "volume"
        root.mkdir()
        options = f"size={size},nr_inodes={inodes}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(root)], check=True)
        made.append(root)
        return Volume(root, tmp_path / "site")

    yield make
    for root in made:
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def reasons(done: Any) -> list[str]:
    return [found["reason"] for found in done.report["findings"]]


def test_old_logs_and_backups_go_and_the_newest_valid_ones_stay(volume: Any) -> None:
    """DK01 to DK04, DK09: four passes, with names that no shell may see and a newest backup that is none."""
    disk = volume()
    backup = gzip.compress(os.urandom(MIB))
    for number in range(8, 12):
        disk.put(f"backup/shop-{number}.sql.gz", number, backup)
    disk.put("backup/shop-7.5.sql.gz", 7.5, b"")
    disk.put("backup/shop-7.4.sql.gz", 7.4, backup[:-1000])
    for name in HOSTILE:
        disk.put(f"log/{name}.log", 60, b"x" * 4096)
    disk.put("log/today.log", 0)
    disk.put("log/other.txt", 90)
    site = disk.site(
        {"dir": "log", "pattern": "*.log*"},
        {"dir": "backup", "pattern": "*.sql.gz", "keep": 2},
    )
    assert disk.unchanged(site).outcome == "healthy"

    full = disk.fill("log/app.log", b"x" * MIB)
    assert disk.percent() > 95
    checked = disk.unchanged(site, "--check")
    assert (checked.outcome, reasons(checked)) == ("planned", ["disk_full"])

    done = disk.run(site)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert disk.percent() < 85
    (change,) = done.report["changes"]
    assert change["after"]["deleted"] >= len(HOSTILE) and change["after"]["freed_bytes"] >= 2 * MIB
    assert {"today.log", "other.txt"} <= disk.names("log")
    assert not {f"{name}.log" for name in HOSTILE} & disk.names("log")
    left = len([name for name in disk.names("log") if name.startswith("app.log")])
    assert 0 < left < full, "more went than was needed"
    listing = done.state / "incidents" / done.report["incident"] / change["after"]["listing"]
    assert len(listing.read_text().splitlines()) == change["after"]["deleted"] + 1
    assert not any(path.name == "HERE" for path in Path.cwd().iterdir())

    assert disk.unchanged(site).outcome == "healthy"

    # When only backups are left to go, the broken ones do not count as kept.
    disk.fill("data", os.urandom(MIB))
    logless = disk.site({"dir": "backup", "pattern": "*.sql.gz", "keep": 2})
    disk.run(logless)
    assert {"shop-8.sql.gz", "shop-9.sql.gz"} <= disk.names("backup")
    assert "shop-11.sql.gz" not in disk.names("backup")


def test_no_inodes_left(volume: Any) -> None:
    """DK07: there is room, and still no file can be made."""
    disk = volume("64m", 1000)
    disk.fill("cache/session", b"s")
    site = disk.site({"dir": "cache", "pattern": "session.*"})
    done = disk.run(site)
    assert reasons(done)[0] == "inodes_exhausted"
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert 80 < disk.percent(inodes=True) < 85
    disk.put("cache/new", 0)


def test_the_last_backups_stay(volume: Any) -> None:
    """DK05: as many as are to be kept, and a full disk."""
    disk = volume()
    backup = gzip.compress(os.urandom(MIB))
    for number in range(3):
        disk.put(f"backup/{number}.gz", 30 + number, backup)
    disk.fill("data", b"x" * MIB)
    site = disk.site({"dir": "backup", "pattern": "*.gz", "keep": 3})
    for options in ((), ("--check",)):
        done = disk.unchanged(site, *options)
        assert done.outcome == "refused" and done.rc != 0
        assert "nothing_to_clean" in done.planned("clean_directory")["why"]


def test_a_deleted_file_that_is_still_open(volume: Any) -> None:
    """DK06: its holder is named, and nothing else is deleted to make up for it."""
    disk = volume()
    path = disk.root / "app.log"
    code = (
        "import sys, time; held = open(sys.argv[1], 'wb'); held.write(b'x' * 12 * 2**20); held.flush(); "
        "print('held', flush=True); time.sleep(300)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout and holder.stdout.readline()
    path.unlink()
    disk.fill("log/old.log", b"x" * MIB)
    site = disk.site({"dir": "log", "pattern": "old.log.*"})
    try:
        done = disk.unchanged(site)
    finally:
        holder.kill()
        holder.communicate()
    assert done.outcome == "refused" and "space_held_by_pid" in reasons(done)
    why = done.planned("restart_holder")["why"]
    assert f"pid {holder.pid}" in why and "app.log" in why and "12 MiB" in why
    assert disk.unchanged(site).outcome == "healthy"


def test_read_only(volume: Any) -> None:
    """DK08: nothing is deleted, and nothing is remounted."""
    disk = volume()
    disk.fill("log/old.log", b"x" * MIB)
    site = disk.site({"dir": "log", "pattern": "old.log.*"})
    subprocess.run(["mount", "-o", "remount,ro", str(disk.root)], check=True)
    done = disk.unchanged(site)
    assert done.outcome == "attention" and done.rc != 0 and not done.report["plan"]
    assert "filesystem_read_only" in reasons(done)


def test_folders_that_are_none_of_ours(volume: Any, tmp_path: Path) -> None:
    """BI35: each is refused with its reason, before anything is deleted."""
    disk = volume()
    for folder in ("real", "pg/log", "mounted"):
        disk.put(f"{folder}/old.log", 30)
    (disk.root / "link").symlink_to("real")
    (disk.root / "pg" / "PG_VERSION").write_text("16\n")
    subprocess.run(
        ["mount", "--bind", str(disk.root / "real"), str(disk.root / "mounted")], check=True
    )
    disk.fill("data", b"x" * MIB)
    rules = [{"dir": name, "pattern": "old.log"} for name in ("link", "pg/log", "mounted")]
    try:
        done = disk.unchanged(disk.site(*rules))
    finally:
        subprocess.run(["umount", str(disk.root / "mounted")], check=True)
    whys = "\n".join(entry["why"] for entry in done.report["plan"])
    assert done.outcome == "refused"
    for said in (
        "is a symlink or no folder",
        "belongs to the data of a server",
        "is a mount point",
    ):
        assert said in whys


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"dir": "/", "pattern": "*.log"}, "disk.clean[0].dir: got '/'"),
        ({"dir": "/var/log/../../etc", "pattern": "*.log"}, "an absolute path without '.', '..'"),
        ({"dir": "/srv/backup/shop", "pattern": "*.gz", "keep": 0}, "a whole number from 1"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, rule: dict[str, Any], said: str) -> None:
    """BI33, BI34, BI38: before any connection is made."""
    entry = {
        "kind": "http", "platform": "command", "command": {"status": ["touch", str(tmp_path / "asked")]},
        "disk": {"clean": [{"older_than_days": 7, **rule}]},
    }  # fmt: skip
    done = harness.make_site(tmp_path, {"api": entry}).run("disk_full", "-e", "service=api")
    assert done.rc != 0 and said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr and not (tmp_path / "asked").exists()


def test_a_whole_machine(volume: Any, tmp_path: Path) -> None:
    """Its services are judged each for itself, and it is one target."""
    disk = volume()
    disk.fill("log/old.log", b"x" * MIB)
    entry = {"kind": "http", "platform": "command", "command": {"status": ["true"]}}
    rule = {"dir": str(disk.root / "log"), "pattern": "old.log.*", "older_than_days": 7}
    services = {
        "api": {**entry, "disk": {"filesystems": [str(disk.root)], "clean": [rule]}},
        "web": {**entry, "disk": {"filesystems": [str(disk.root)]}},
    }
    settings, kinds = {"ansible_host": "app-1"}, {"kind_http": ["api", "web"]}
    site = harness.make_site(tmp_path / "site", services, settings, kinds)
    done = site.run("disk_full", "--check", *drill.extra({"host": "app-1", "timeout_seconds": 5}))
    assert done.report, done.stdout + done.stderr
    assert done.report["outcomes"] == {"api": "planned", "web": "refused"}


def test_what_keeps_a_write_ahead_log_is_told_only(
    volume: Any, database: Any, tmp_path: Path
) -> None:
    """A slot that nobody reads is never dropped from here, however full the disk is."""
    disk = volume()
    disk.fill("pg_wal", b"x" * MIB)
    with database.connect() as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('consumer', true)")
    entry = {
        "kind": "postgresql", "platform": "external",
        "disk": {"filesystems": [str(disk.root)]},
        "postgresql": {
            "via": "tcp", "host": "127.0.0.1", "port": database.port, "database": "shop",
            "user": "oncall", "password_file": str(database.password_file("oncall")),
        },
    }  # fmt: skip
    site = harness.make_site(tmp_path / "db", {"db": entry})
    try:
        done = disk.unchanged(site, service="db")
        found = done.finding("disk_database")
        assert (done.outcome, found["severity"]) == ("refused", "ok")
        assert "1 replication slots" in found["summary"]
        assert database.query("SELECT slot_name FROM pg_replication_slots") == [("consumer",)]
    finally:
        with database.connect() as connection:
            connection.execute("SELECT pg_drop_replication_slot('consumer')")
