# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that archives its WAL, base backups of it, and rows that mark moments."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.integration.faults import programs, standby

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]


@dataclass
class Archived:
    server: Any
    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    backup: dict[str, Any] = field(default_factory=dict)

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    def entry(self) -> dict[str, Any]:
        return {
            "kind": "postgresql",
            "platform": "external",
            "postgresql": {
                "via": "tcp",
                "host": lab.HOST,
                "port": self.server.port,
                "database": lab.DATABASE,
                "user": "oncall",
                "password_file": str(self.server.password_file("oncall")),
                "admin": {
                    "user": lab.SUPERUSER,
                    "password_file": str(self.server.password_file(lab.SUPERUSER)),
                },
            },
            "backup": {
                "tool": "plain",
                "directory": str(self.base),
                "archive": str(self.wal),
                "programs": str(programs.folder(self.server)),
                **self.backup,
            },
            **self.more,
        }

    def run(self, playbook: str, *options: str, **variables: Any) -> Any:
        site = harness.make_site(self.folder / "site", {"db": self.entry()})
        given = [f"-e{name}={value}" for name, value in variables.items()]
        return site.run(playbook, "-eservice=db", *given, *options)

    def take(self, name: str) -> Path:
        """A base backup, as pg_basebackup makes it."""
        secret = self.folder / "passfile"
        secret.touch(mode=0o600)
        secret.write_text(f"*:*:*:*:{self.server.dsn()['password']}\n")
        if os.geteuid() == 0:
            shutil.chown(secret, "nobody")
        way = f"host={lab.HOST} port={self.server.port} user={lab.SUPERUSER} passfile={secret}"
        command = [*lab._unprivileged(), str(programs.folder(self.server) / "pg_basebackup")]
        lab._run(
            [*command, "-d", way, "-D", str(self.base / name), "-X", "none", "-c", "fast"],
            "pg_basebackup",
        )
        self.archive_all()
        return self.base / name

    def archive_all(self) -> str:
        """Everything written until now lies in the archive; the name of the last piece."""
        # Without a record of its own there would be nothing to switch.
        self.server.query("SELECT txid_current()")
        ((last,),) = self.server.query("SELECT pg_walfile_name(pg_switch_wal())")
        end = time.monotonic() + 30
        while not (self.wal / last).exists():
            assert time.monotonic() < end, f"{last} was not archived"
            time.sleep(0.05)
        return str(last)

    def fingerprint(self) -> tuple[Any, ...]:
        """Of the live database and its settings, and of the backups and the archive."""
        files = hashlib.sha256()
        for path in sorted([*self.base.rglob("*"), *self.wal.iterdir()]):
            state = path.stat()
            files.update(f"{path} {state.st_size} {state.st_mtime_ns}".encode())
        auto = (self.server.data_dir / "postgresql.auto.conf").read_bytes()
        pid = (self.server.data_dir / "postmaster.pid").read_text().splitlines()[:3]
        return self.server.checksum(), pid, auto, files.hexdigest()


@contextmanager
def archiving(folder: Path) -> Iterator[Archived]:
    folder.chmod(0o755)
    server = lab.start(folder / "live")
    found = Archived(server, folder)
    for path in (found.base, found.wal):
        lab._give_to_server(path)
    with (server.config_dir / "pg_hba.conf").open("a") as file:
        file.write(standby.REPLICATION)
    with (server.config_dir / "postgresql.conf").open("a") as file:
        copy = f"test ! -f {found.wal}/%f && cp %p {found.wal}/%f.part && mv {found.wal}/%f.part {found.wal}/%f"
        file.write(f"archive_mode = on\narchive_command = '{copy}'\n")
        file.write("full_page_writes = on\n")
    control = [*lab._unprivileged(), str(programs.folder(server) / "pg_ctl")]
    try:
        lab._run([*control, "-D", str(server.data_dir), "-w", "-m", "fast", "stop"], "stop")
        start = ["-D", str(server.data_dir), "-l", str(server.log), "-w", "-t", "60", "start"]
        lab._run([*control, *start], "start")
        yield found
    finally:
        lab.stop(folder / "live", delete=True)
