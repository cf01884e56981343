# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A hot standby that really streams from a laboratory server."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.integration.faults import programs

lab = sys.modules["oncall_lab_postgres"]
NAME = "db-standby-1"
REPLICATION = f"host replication all {lab.HOST}/32 scram-sha-256\n"
STREAMING = "SELECT status FROM pg_stat_wal_receiver"
# PostgreSQL 18 and 15 both say it in words.
REPLAYING = "SELECT pg_get_wal_replay_pause_state()"


@contextmanager
def following(primary: Any, folder: Path, name: str = NAME) -> Iterator[Any]:
    """Its data lies in the folder itself, whatever the engine of the primary."""
    with (primary.config_dir / "pg_hba.conf").open("a") as file:
        file.write(REPLICATION)
    primary.query("SELECT pg_reload_conf()")
    standby = lab.Server(folder, "embedded", primary.version, lab._free_port(), folder / "socket")
    for path in primary.directory.glob("*.password"):
        shutil.copy(path, folder)
    for path in (standby.data_dir, standby.socket_dir, standby.log.parent):
        lab._give_to_server(path)
    secret = folder / "passfile"
    secret.touch(mode=0o600)
    secret.write_text(f"*:*:*:*:{primary.dsn()['password']}\n")
    lab._give_to_server(secret.parent / "log")
    control = [
        *lab._unprivileged(),
        str(programs.folder(primary) / "pg_ctl"),
        "-D",
        str(standby.data_dir),
    ]
    try:
        _copy(primary, standby, secret, name)
        lab._run(
            [*control, "-l", str(standby.log), "-w", "-t", "30", "start"], "start of the standby"
        )
        _until(lambda: standby.query(STREAMING) == [("streaming",)])
        yield standby
    finally:
        if (standby.data_dir / "postmaster.pid").exists():
            lab._run([*control, "-m", "immediate", "-w", "stop"], "stop of the standby")


def _copy(primary: Any, standby: Any, secret: Path, name: str) -> None:
    if os.geteuid() == 0:
        shutil.chown(secret, "nobody")
    way = f"host={lab.HOST} port={primary.port} user={lab.SUPERUSER} passfile={secret}"
    backup = [*lab._unprivileged(), str(programs.folder(primary) / "pg_basebackup")]
    backup += ["-d", way, "-D", str(standby.data_dir), "-X", "stream", "-c", "fast"]
    lab._run(backup, "pg_basebackup")
    settings = f"{lab._settings(standby)}\nprimary_conninfo = '{way} application_name={name}'\n"
    for name, text in (
        ("postgresql.conf", settings),
        ("pg_hba.conf", lab._access("trust")),
        ("pg_ident.conf", ""),
        ("standby.signal", ""),
    ):
        (standby.data_dir / name).write_text(text)


def _until(holds: Any, timeout: float = 20) -> None:
    end = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < end, "the standby does not follow"
        time.sleep(0.05)


def replays(primary: Any, standby: Any) -> bool:
    """What the primary writes now arrives, and is replayed."""
    ((position,),) = primary.query("SELECT pg_switch_wal()")
    caught_up = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
    _until(lambda: standby.query(caught_up, position) == [(True,)])
    return bool(standby.query(REPLAYING) == [("not paused",)])
