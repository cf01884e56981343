# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A primary of a laboratory of its own, and a hot standby that streams from it.

    python tests/lab/standbys.py start --dir DIR
    python tests/lab/standbys.py kill  --dir DIR      the primary, at once
    python tests/lab/standbys.py fence --dir DIR      the same, and it does not start again
    python tests/lab/standbys.py stop  --dir DIR      and throw both away

DIR holds `db`, the primary, and `db-replica-1`. Both are of the engine `embedded`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import postgres  # type: ignore[import-not-found]  # beside this file, which is run as a program

PRIMARY, STANDBY = "db", "db-replica-1"
REPLICATION = f"host replication all {postgres.HOST}/32 scram-sha-256\n"


def control(data: Path, *arguments: str) -> None:
    program = str(postgres._embedded_bin() / "pg_ctl")
    postgres._run([*postgres._unprivileged(), program, "-D", str(data), *arguments], "pg_ctl")


def start(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    primary = postgres.start(folder / PRIMARY, engine="embedded")
    with (primary.config_dir / "pg_hba.conf").open("a") as file:
        file.write(REPLICATION)
    primary.query("SELECT pg_reload_conf()")
    place = folder / STANDBY
    place.mkdir()
    port = postgres._free_port()
    sockets = postgres._socket_dir(place)
    standby = postgres.Server(place, "embedded", primary.version, port, sockets)
    for path in primary.directory.glob("*.password"):
        shutil.copy(path, place)
    for path in (standby.data_dir, standby.socket_dir, standby.log.parent):
        postgres._give_to_server(path)
    copy(primary, standby)
    postgres._record(standby)
    control(standby.data_dir, "-l", str(standby.log), "-w", "-t", "60", "start")
    end = time.monotonic() + 30
    while standby.query("SELECT status FROM pg_stat_wal_receiver") != [("streaming",)]:
        if time.monotonic() > end:
            raise postgres.LabError("the standby does not follow")
        time.sleep(0.1)


def copy(primary: postgres.Server, standby: postgres.Server) -> None:
    secret = standby.log.parent / "passfile"
    secret.touch(mode=0o600)
    secret.write_text(f"*:*:*:*:{primary.dsn()['password']}\n")
    if os.geteuid() == 0:
        shutil.chown(secret, "nobody")
    way = f"host={postgres.HOST} port={primary.port} user={postgres.SUPERUSER} passfile={secret}"
    program = str(postgres._embedded_bin() / "pg_basebackup")
    backup = ["-d", way, "-D", str(standby.data_dir), "-X", "stream", "-c", "fast"]
    postgres._run([*postgres._unprivileged(), program, *backup], "pg_basebackup")
    settings = (
        f"{postgres._settings(standby)}\nprimary_conninfo = '{way} application_name={STANDBY}'\n"
    )
    (standby.data_dir / "postgresql.conf").write_text(settings)
    (standby.data_dir / "standby.signal").touch()


def kill(folder: Path) -> None:
    data = postgres.load(folder / PRIMARY).data_dir
    if (data / "postmaster.pid").exists():
        control(data, "-m", "immediate", "-w", "stop")


def fence(folder: Path) -> None:
    """Without its configuration nobody starts it by mistake."""
    kill(folder)
    conf = postgres.load(folder / PRIMARY).data_dir / "postgresql.conf"
    if conf.exists():
        conf.rename(conf.with_suffix(".fenced"))
    print("stopped, and its configuration is out of the way")


def stop(folder: Path) -> None:
    for name in (STANDBY, PRIMARY):
        postgres.stop(folder / name, delete=True)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = {"start": start, "kill": kill, "fence": fence, "stop": stop}
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
