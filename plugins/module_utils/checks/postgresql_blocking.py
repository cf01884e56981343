# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who keeps others waiting for a lock? The roots only: whoever waits is a victim.

One finding for each root behind which somebody has waited for `blocked_seconds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    hidden,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import chains
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

PROBE = "postgresql"
REASONS = (
    "blocking_idle_in_tx",
    "blocking_active",
    "blocked_by_protected_session",
    "blocked_by_maintenance",
    "blocked_by_autovacuum",
    "blocked_by_autovacuum_wraparound",
    "orphan_prepared_xact",
    "insufficient_privilege",
    *UNREAD,
)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    blocking, limit = document["blocking"], inputs["blocked_seconds"]
    if document["slots"]["hidden"]:
        return [hidden(reading)]
    found = list(judged(blocking, limit))
    if found:
        return found
    waiting = blocking["waiting"]
    said = "no session waits for a lock"
    if waiting:
        said = f"{many(waiting, 'session')} waiting for a lock, none for {limit} s"
    return [finding("ok", "ok", said, waiting, "sessions", None)]


def judged(blocking: Mapping[str, Any], limit: int) -> Iterator[Finding]:
    for root in blocking["roots"]:
        if root["wait_s"] < limit:
            continue
        edges = blocking["edges"]
        if root["pid"] == 0:
            yield from prepared(blocking, root["wait_s"], limit)
            continue
        behind = chains.behind(edges, root["pid"])
        said = f"{who(root)} keeps {kept(behind, root['wait_s'])}"
        yield finding("crit", reason_of(root), said, root["wait_s"], "seconds", limit)


def prepared(blocking: Mapping[str, Any], wait_s: float, limit: int) -> Iterator[Finding]:
    """No process holds its locks, so there is nobody to end: its owner commits it or rolls it back."""
    behind = chains.behind(blocking["edges"], 0)
    known = blocking["prepared"] or [{"gid": "?", "owner": "?", "database": "?", "age_s": 0}]
    for one in known:
        said = (
            f"prepared transaction '{one['gid']}' of {one['owner']} in database {one['database']}, "
            f"{one['age_s']:.0f} s old, keeps {kept(behind, wait_s)}; no session holds it"
        )
        yield finding("crit", "orphan_prepared_xact", said, wait_s, "seconds", limit)


def reason_of(root: Mapping[str, Any]) -> str:
    if root["backend_type"] == "autovacuum worker":
        return "blocked_by_autovacuum" + ("_wraparound" if root["wraparound"] else "")
    if root["protected"] == "maintenance":
        return "blocked_by_maintenance"
    if root["protected"] or root["backend_type"] != "client backend":
        return "blocked_by_protected_session"
    return "blocking_idle_in_tx" if root["class"] == "idle_in_transaction" else "blocking_active"


def who(root: Mapping[str, Any]) -> str:
    if root["backend_type"] != "client backend":
        wraparound = " to prevent wraparound" if root["wraparound"] else ""
        return f"pid {root['pid']} ({root['backend_type'] or 'unknown'}{wraparound})"
    state = f"{root['state']} for {root['state_s']:.0f} s" if root["state"] else "unknown"
    protected = root["protected"]
    mark = f", protected: {protected.replace('_', ' ')}" if protected else ""
    return f"{chains.named(root)}, {state}{mark},"


def kept(behind: Sequence[Mapping[str, Any]], wait_s: float) -> str:
    relations = list(dict.fromkeys(e["relation"] for e in behind if e["relation"]))[:3]
    at = f" at {', '.join(relations)}" if relations else ""
    return f"{many(len(behind), 'session')} waiting{at}, for up to {wait_s:.0f} s"
