# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application's sessions, held by the test itself: it can make one work in the midst of a run."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any

import psycopg

lab = sys.modules["oncall_lab_postgres"]

Session = psycopg.Connection[Any]
# Younger than this, a session is at work for a run with idle_seconds=1.
AGED_S = 1.1
STATES = {
    "idle": (),
    "idle in transaction": ("BEGIN", "SELECT 1"),
    "advisory lock": ("SELECT pg_advisory_lock(4711)",),
    "listening": ("LISTEN orders",),
}
LEAVE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""
LEFT = """SELECT count(*) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""


class Crowd:
    def __init__(self, server: Any) -> None:
        self.server = server
        self.held: dict[int, Session] = {}

    def open(
        self,
        number: int = lab.FULL,
        state: str = "idle",
        *,
        role: str = "app",
        application: str = "checkout",
        database: str = lab.DATABASE,
    ) -> list[int]:
        """Open sessions; their pids."""
        opened = [self._one(role, application, database) for _unused in range(number)]
        for session in map(self.held.__getitem__, opened):
            if state == "active":
                work(session)
            for statement in STATES.get(state, ()):
                session.execute(statement.encode())
        return opened

    def _one(self, role: str, application: str, database: str) -> int:
        known = role if self.server.password_file(role).exists() else "app"
        arguments = self.server.dsn(known, database) | {"user": role}
        session = psycopg.connect(**arguments, application_name=application, autocommit=True)
        pid = session.info.backend_pid
        self.held[pid] = session
        return pid

    def age(self, seconds: float = AGED_S) -> None:
        """Until what was opened now is old enough to be ended."""
        time.sleep(seconds)

    def session(self, pid: int) -> Session:
        return self.held[pid]

    def alive(self) -> set[int]:
        """Those that the server still has."""
        rows = self.server.query("SELECT pid FROM pg_stat_activity")
        return {pid for (pid,) in rows} & self.held.keys()

    def leave(self) -> None:
        for session in self.held.values():
            with contextlib.suppress(psycopg.Error):
                session.close()
        self.held.clear()
        # A session at work does not notice that its client is gone.
        self.server.query(LEAVE)
        end = time.monotonic() + 10
        while self.server.query(LEFT) != [(0,)] and time.monotonic() < end:
            time.sleep(0.02)


def work(session: Session, seconds: float = 86400) -> None:
    """Leave it at work: the answer is not waited for."""
    session.pgconn.send_query(f"SELECT pg_sleep({seconds})".encode())
    session.pgconn.flush()
