# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Idle sessions that fill a server's slots, held by the bench process itself."""

from __future__ import annotations

import select
from collections.abc import Iterable

from psycopg import pq
from psycopg.pq.abc import PGconn

from .clusters import MAX_CONNECTIONS, RESERVED, SOCKETS, Cluster

FULL = MAX_CONNECTIONS - RESERVED


def closed_by_server(session: PGconn) -> bool:
    """An idle session has nothing to read, unless it was ended."""
    poll = select.poll()
    poll.register(session.socket, select.POLLIN)
    return bool(poll.poll(0))


def open_idle(cluster: Cluster) -> PGconn:
    target = f"host={SOCKETS} port={cluster.port} user=app dbname=app application_name=shop"
    session = pq.PGconn.connect(target.encode())
    if session.status != pq.ConnStatus.OK:
        raise RuntimeError(f"{cluster.name}: {session.error_message.decode().strip()}")
    session.exec_(b"SELECT 1")
    return session


class Sessions:
    def __init__(self) -> None:
        self._held: dict[Cluster, list[PGconn]] = {}

    def fill(self, clusters: Iterable[Cluster]) -> int:
        """Take every slot of an application again; how many sessions were opened."""
        opened = 0
        for cluster in clusters:
            held = self._held.get(cluster, [])
            alive = [session for session in held if not closed_by_server(session)]
            for session in held:
                if session not in alive:
                    session.finish()
            missing = FULL - len(alive)
            self._held[cluster] = alive + [open_idle(cluster) for _unused in range(missing)]
            opened += missing
        return opened

    def ended(self, clusters: Iterable[Cluster]) -> int:
        """How many of the held sessions the server has ended."""
        return sum(closed_by_server(s) for c in clusters for s in self._held.get(c, []))

    def release(self) -> None:
        for held in self._held.values():
            for session in held:
                session.finish()
        self._held.clear()
