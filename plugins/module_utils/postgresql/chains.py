# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who waits for whom: what stands behind the root of a chain, and sessions as a person names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Session = Mapping[str, Any]
# Modes that make everybody wait who comes later: they queue up behind a session that only waits.
EXCLUSIVE = ("AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
QUERY_MAX = 80


def behind(edges: Sequence[Session], root: int) -> list[Session]:
    """All that wait for it, directly or not."""
    reached, found = {root}, True
    while found:
        new = {e["pid"] for e in edges if reached & set(e["blocked_by"])} - reached
        reached |= new
        found = bool(new)
    return [edge for edge in edges if edge["pid"] in reached and edge["pid"] != root]


def gate(edges: Sequence[Session], root: int) -> Session | None:
    """The waiter that makes others wait which the root alone would not: often DDL in a queue."""
    first = [edge for edge in edges if root in edge["blocked_by"]]
    with_followers = [e for e in first if behind(edges, e["pid"])]
    strong = [e for e in first if e["mode"] in EXCLUSIVE and e["locktype"] == "relation"]
    return next(iter([*with_followers, *strong]), None)


def named(session: Session) -> str:
    application = f", application {session['application']}" if session["application"] else ""
    return f"pid {session['pid']} (role {session['role']}{application})"


def query(session: Session) -> str:
    text = session.get("query") or ""
    return text if len(text) <= QUERY_MAX else text[: QUERY_MAX - 1] + "…"
