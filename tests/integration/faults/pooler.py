# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real PgBouncer before a laboratory server, pooling by transaction."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

lab = sys.modules["oncall_lab_postgres"]
PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/sbin:/bin")
CONFIGURATION = """\
[databases]
{database} = host={host} port={server.port} pool_size=2
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
stats_users = oncall
"""


@contextmanager
def before(server: Any, folder: Path) -> Iterator[int]:
    """Its port."""
    assert PROGRAM
    port = lab._free_port()
    text = CONFIGURATION.format(
        database=lab.DATABASE, host=lab.HOST, server=server, port=port, folder=folder
    )
    users = [f'"{role}" "{server.dsn(role)["password"]}"\n' for role in ("oncall", "app")]
    for name, content in (("ini", text), ("users", "".join(users))):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(content)
    log = folder / "log"
    with log.open("w") as output:
        command = [*lab._unprivileged(), PROGRAM, str(folder / "ini")]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _wait(server, port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(server: Any, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            client(server, port, "oncall", "pgbouncer").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


def client(
    server: Any, port: int, role: str = "app", database: str = lab.DATABASE
) -> psycopg.Connection[Any]:
    way = server.dsn(role, database) | {"port": port}
    return psycopg.connect(**way, autocommit=True, application_name="web")
