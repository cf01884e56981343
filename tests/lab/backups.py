# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server of a laboratory of its own that archives its WAL, and a base backup of it.

    python tests/lab/backups.py start  --dir DIR
    python tests/lab/backups.py cut_off --dir DIR     leave a backup behind that was not finished
    python tests/lab/backups.py spoil  --dir DIR      an UPDATE that forgot its WHERE, after transaction 5000
    python tests/lab/backups.py stop   --dir DIR      and throw all of it away, a copy in `copy` too

DIR holds `db`, the server, `base` and `wal`, and in `programs` where PostgreSQL's own are.
The server is of the engine `embedded`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import postgres  # type: ignore[import-not-found]  # beside this file, which is run as a program
from standbys import REPLICATION, control  # type: ignore[import-not-found]

# The last that is good. A number that is known before is one that can be typed.
GOOD = 5000
UP_TO = f"DO $$ BEGIN WHILE txid_current() < {GOOD} LOOP COMMIT; END LOOP; END $$"


def start(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    server = postgres.start(folder / "db", engine="embedded")
    with server.connect() as there:
        there.execute(b"GRANT SELECT ON orders TO oncall")
    base, wal = folder / "base", folder / "wal"
    (folder / "programs").write_text(f"{postgres._embedded_bin()}\n")
    for path in (base, wal):
        postgres._give_to_server(path)
    with (server.config_dir / "pg_hba.conf").open("a") as file:
        file.write(REPLICATION)
    with (server.config_dir / "postgresql.conf").open("a") as file:
        file.write(f"archive_mode = on\narchive_command = 'cp %p {wal}/%f'\n")
    control(server.data_dir, "-w", "-m", "fast", "stop")
    control(server.data_dir, "-l", str(server.log), "-w", "-t", "60", "start")
    take(server, base / "first")
    archive(server, wal)


def archive(server: postgres.Server, wal: Path) -> None:
    """All that was written until now. Without a record of its own there would be nothing to switch."""
    server.query("SELECT txid_current()")
    ((last,),) = server.query("SELECT pg_walfile_name(pg_switch_wal())")
    end = time.monotonic() + 60
    while not (wal / last).exists():
        if time.monotonic() > end:
            raise postgres.LabError(f"{last} was not archived")
        time.sleep(0.1)


def take(server: postgres.Server, to: Path) -> None:
    secret = server.log.parent / "passfile"
    secret.touch(mode=0o600)
    secret.write_text(f"*:*:*:*:{server.dsn()['password']}\n")
    if os.geteuid() == 0:
        shutil.chown(secret, "nobody")
    way = f"host={postgres.HOST} port={server.port} user={postgres.SUPERUSER} passfile={secret}"
    program = str(postgres._embedded_bin() / "pg_basebackup")
    backup = ["-d", way, "-D", str(to), "-X", "none", "-c", "fast"]
    postgres._run([*postgres._unprivileged(), program, *backup], "pg_basebackup")


def cut_off(folder: Path) -> None:
    half = folder / "base" / "half"
    half.mkdir(exist_ok=True)
    shutil.copy(folder / "base" / "first" / "backup_label", half)


def spoil(folder: Path) -> None:
    server = postgres.load(folder / "db")
    with server.connect() as there:
        there.execute(b"SET synchronous_commit = off")
        there.execute(UP_TO.encode())
    server.query("UPDATE orders SET cents = 0 RETURNING id")
    archive(server, folder / "wal")


def stop(folder: Path) -> None:
    if (folder / "copy" / "postmaster.pid").exists():
        control(folder / "copy", "-m", "immediate", "-w", "stop")
    postgres.stop(folder / "db", delete=True)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = {"start": start, "cut_off": cut_off, "spoil": spoil, "stop": stop}
    parser.add_argument("command", choices=sorted(commands))
    parser.add_argument("--dir", required=True, type=Path)
    options = parser.parse_args()
    commands[options.command](options.dir.resolve())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except postgres.LabError as error:
        sys.exit(f"error: {error}")
