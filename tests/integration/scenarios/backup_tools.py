# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Debian's PostgreSQL with backups by a real pgBackRest or a real Barman, and rows that mark moments."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs, standby
from ansible_collections.oncall.runbooks.tests.integration.scenarios.archive import Archived, lab
from ansible_collections.oncall.runbooks.tests.lab import packages
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, Skipped

ARCHIVED = "SELECT coalesce(last_archived_wal, '') >= %s FROM pg_stat_archiver"
# In the tools' own configurations, and nowhere else.
SECRET = "kept-by-the-tool-alone"


@dataclass
class Backed(Archived):
    """By one of the tools; each has its own configuration, in the folder."""

    moments: dict[int, str] = field(default_factory=dict)
    number: int = 0
    USER = ""
    PACKAGE = ""
    KEY = ""  # of the catalog: by which name the tool knows the server

    def configure(self) -> str:
        """Its archive_command."""
        raise NotImplementedError

    def begin(self) -> None:
        """What it needs once, when the server runs."""

    def take(self, name: str = "") -> Path:
        """A whole backup; the tool names it itself."""
        raise NotImplementedError

    def collect(self) -> None:
        """What the server archived gets to its place."""

    def files(self) -> list[Path]:
        """Of the backups and of the archive."""
        raise NotImplementedError

    def victim(self) -> Path:
        """A file of a backup whose damage tells."""
        raise NotImplementedError

    def piece(self, name: str) -> Path:
        """Where a piece of WAL lies."""
        raise NotImplementedError

    def folder_of(self, name: str, user: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        shutil.chown(path, user, user)
        return path

    def tool(self, *words: str) -> str:
        drop = ["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--init-groups", "--"]
        return str(lab._run([*drop, *words], words[0]))

    def entry(self) -> dict[str, Any]:
        found = super().entry()
        for key in ("directory", "archive", "programs"):
            del found["backup"][key]
        found["backup"].update({**self.section(), **self.backup})
        return found

    def section(self) -> dict[str, Any]:
        raise NotImplementedError

    def archive_all(self) -> str:
        self.server.query("SELECT txid_current()")
        ((last,),) = self.server.query("SELECT pg_walfile_name(pg_switch_wal())")
        end = time.monotonic() + 60
        while self.server.query(ARCHIVED, last) != [(True,)]:
            assert time.monotonic() < end, f"{last} was not archived"
            time.sleep(0.05)
        self.collect()
        return str(last)

    def mark(self, upto: int) -> None:
        """At `moments[n]` the rows 1 to n were there."""
        with self.server.connect() as there:
            there.execute(b"CREATE TABLE marks (n int PRIMARY KEY)")
            there.execute(b"GRANT SELECT ON orders TO oncall")
        time.sleep(1.1)  # times of backups are told in seconds
        for number in range(1, upto + 1):
            self.server.query("INSERT INTO marks VALUES (%s) RETURNING n", number)
            time.sleep(0.6)
            self.moments[number] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            time.sleep(0.6)
        self.archive_all()

    def fingerprint(self) -> tuple[Any, ...]:
        """Of the live database and its settings, and of all that the tool keeps."""
        files = hashlib.sha256()
        for path in self.files():
            state = path.stat()
            files.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
        auto = (self.server.data_dir / "postgresql.auto.conf").read_bytes()
        pid = (self.server.data_dir / "postmaster.pid").read_text().splitlines()[:3]
        return self.server.checksum(), pid, auto, files.hexdigest()

    def run(self, playbook: str, *options: str, **variables: Any) -> Any:
        """Whatever comes of it, the live server and the backups stay as they are, and no secret is told."""
        before = self.fingerprint()
        done = super().run(playbook, *options, **variables)
        assert self.fingerprint() == before, done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr + json.dumps(done.report)
        for path in done.state.rglob("*"):
            assert not path.is_file() or SECRET not in path.read_text(errors="replace"), path
        return done

    def place(self) -> dict[str, Any]:
        self.number += 1
        return {"restore_dir": self.folder / f"copy{self.number}", "restore_port": lab._free_port()}

    def end_copies(self) -> None:
        control = str(programs.folder(self.server) / "pg_ctl")
        for folder in self.folder.glob("copy*"):
            if (folder / "postmaster.pid").exists():
                self.tool(control, "-D", str(folder), "-m", "immediate", "-w", "stop")


class ByPgbackrest(Backed):
    USER = "postgres"
    PACKAGE = "pgbackrest"
    KEY = "stanza"

    @property
    def config(self) -> Path:
        return self.folder / "pgbackrest.conf"

    def section(self) -> dict[str, Any]:
        return {"tool": "pgbackrest", "stanza": "shop", "config": str(self.config)}

    def configure(self) -> str:
        places = {name: self.folder_of(name, "postgres") for name in ("repo", "log", "lock")}
        self.config.touch(mode=0o600)
        shutil.chown(self.config, "postgres")
        self.config.write_text(
            f"[global]\nrepo1-path={places['repo']}\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass={SECRET}\n"
            f"log-path={places['log']}\nlock-path={places['lock']}\nstart-fast=y\nrepo1-retention-full=9\n"
            f"[shop]\npg1-path={self.server.data_dir}\npg1-port={self.server.port}\npg1-socket-path=/var/run/postgresql\n"
        )
        return f"pgbackrest --config={self.config} --stanza=shop archive-push %p"

    def asked(self, *words: str) -> str:
        return self.tool("pgbackrest", f"--config={self.config}", "--stanza=shop", *words)

    def begin(self) -> None:
        self.asked("stanza-create")

    def take(self, name: str = "") -> Path:
        self.asked("--type=full", "backup")
        return self.folder / "repo"

    def files(self) -> list[Path]:
        return sorted(path for path in (self.folder / "repo").rglob("*") if path.is_file())

    def piece(self, name: str) -> Path:
        return next(path for path in self.files() if path.name.startswith(f"{name}-"))

    def victim(self) -> Path:
        data = [path for path in self.files() if "pg_data/base" in str(path)]
        return max(data, key=lambda path: path.stat().st_size)


class ByBarman(Backed):
    USER = PACKAGE = "barman"
    KEY = "server"

    @property
    def config(self) -> Path:
        return self.folder / "barman.conf"

    def section(self) -> dict[str, Any]:
        return {"tool": "barman", "server": "shop", "config": str(self.config)}

    def configure(self) -> str:
        home, part = self.folder_of("barman", "barman"), self.folder_of("part", "postgres")
        for name in ("barman/shop", "barman/shop/incoming"):
            self.folder_of(name, "barman")
        (home / "shop" / "incoming").chmod(0o777)
        with self.server.connect() as there:
            there.execute(f"CREATE ROLE barman SUPERUSER LOGIN PASSWORD '{SECRET}'".encode())
        way = f"host={lab.HOST} port={self.server.port} user=barman password={SECRET}"
        self.config.touch(mode=0o600)
        shutil.chown(self.config, "barman")
        self.config.write_text(
            f"[barman]\nbarman_user = barman\nbarman_home = {home}\nlog_file = {home}/barman.log\n"
            f"[shop]\nconninfo = {way} dbname={lab.DATABASE}\n"
            f"streaming_conninfo = {way}\nbackup_method = postgres\narchiver = on\ncompression = gzip\n"
            f"path_prefix = {programs.folder(self.server)}\n"
        )
        return f"install -p -m 644 %p {part}/%f && mv {part}/%f {home}/shop/incoming/%f"

    def asked(self, *words: str) -> str:
        return self.tool("barman", "-c", str(self.config), *words)

    def begin(self) -> None:
        """It makes no backup before a first piece of WAL has arrived; a check makes its folders."""
        with contextlib.suppress(lab.LabError):
            self.asked("check", "shop")
        self.archive_all()

    def collect(self) -> None:
        self.asked("archive-wal", "shop")

    def take(self, name: str = "") -> Path:
        self.asked("backup", "shop")
        self.collect()
        return self.folder / "barman"

    def files(self) -> list[Path]:
        kept = [self.folder / "barman" / "shop" / name for name in ("base", "wals")]
        return sorted(path for one in kept for path in one.rglob("*") if path.is_file())

    def piece(self, name: str) -> Path:
        return next(path for path in self.files() if path.name == name)

    def victim(self) -> Path:
        data = [path for path in self.files() if "/data/base/" in str(path)]
        return max(data, key=lambda path: path.stat().st_size)


TOOLS = {"pgbackrest": ByPgbackrest, "barman": ByBarman}


@contextmanager
def backed(name: str, folder: Path) -> Iterator[Backed]:
    if missing := lab.debian_missing():
        pytest.skip(f"it needs {missing}")
    try:
        packages.need(TOOLS[name].PACKAGE)
    except (Skipped, LabError) as why:
        pytest.skip(str(why))
    folder.chmod(0o755)
    found = TOOLS[name](lab.start(folder / "live", engine="debian"), folder)
    try:
        command = found.configure()
        with (found.server.config_dir / "conf.d" / "archive.conf").open("w") as file:
            file.write(f"archive_mode = on\narchive_command = '{command}'\n")
        lab.restart(folder / "live")
        with (found.server.config_dir / "pg_hba.conf").open("a") as file:
            file.write(standby.REPLICATION)
        found.server.query("SELECT pg_reload_conf()")
        found.begin()
        yield found
    finally:
        found.end_copies()
        lab.stop(folder / "live", delete=True)


def damaged(path: Path) -> bytes:
    """One byte of it; what it was, to put back. Its times stay, so that a copy of it is not a new file."""
    text, state = path.read_bytes(), path.stat()
    middle = len(text) // 2
    path.write_bytes(text[:middle] + bytes([text[middle] ^ 1]) + text[middle + 1 :])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    return text
