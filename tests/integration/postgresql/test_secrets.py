# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A password is on no command line, in no environment and in no file that outlives the connection."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, psql
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql import script
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)

CANARY = "can:ary-7f3a\\ '$HOME"


def processes() -> dict[int, bytes]:
    """What any user of the machine, or root, can read of each process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) == os.getpid():
            continue
        try:
            found[int(folder.name)] = (
                (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
            )
        except OSError:
            continue
    return found


def password_file(shown: bytes) -> Path | None:
    """Where this process, if it is our psql, was told that the password is."""
    if b"-U\0canary\0" not in shown:
        return None
    found = re.search(rb"\0PGPASSFILE=([^\0]+)", shown)
    return Path(os.fsdecode(found[1])) if found else None


def test_no_process_shows_the_password(ways: Ways, sessions: Any) -> None:
    sessions.role("canary", "IN ROLE pg_monitor")
    with ways.server.connect() as connection:
        quoted = script.quoted(CANARY)
        connection.execute(f"ALTER ROLE canary PASSWORD {quoted}".encode())
    way = ways.normal("exec", "app", user="canary", password=CANARY)
    text = script.transaction("SELECT '{}'::text FROM pg_sleep(1.5)")
    answers: list[Any] = []

    def ask() -> None:
        answers.append(execute(psql.command(way), psql.stdin(way, text)))

    asking = threading.Thread(target=ask)
    asking.start()
    seen: dict[int, bytes] = {}
    files: set[Path] = set()
    connected = False
    while asking.is_alive():
        for number, shown in processes().items():
            seen[number] = seen.get(number, b"") + shown
            files |= {path} if (path := password_file(shown)) else set()
        # Once the statement runs, the file is gone, long before psql is.
        working = ways.server.query(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'canary' AND state = 'active'"
        )
        if working == [(1,)] and files:
            connected = True
            assert not any(path.exists() for path in files)
    asking.join()
    assert answers[0][0] == 0, answers
    assert connected and len(files) == 1
    assert not [number for number, shown in seen.items() if b"ary-7f3a" in shown]


def test_no_refusal_shows_the_password(ways: Ways, via: str) -> None:
    way = ways.normal(via, password=CANARY)
    found = refusal(lambda: client.read(way, ["server"], {}, execute))
    assert found.reason == "auth_failed" and "ary-7f3a" not in found.message
