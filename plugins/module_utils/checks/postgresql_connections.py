# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How full is the server, of whom, and why? Judged on the primary, by the slots an application can use.

Slots: max_connections less superuser_reserved_connections and reserved_connections (since 16);
used: client backends. Background workers, autovacuum and WAL senders take none of these
(PostgreSQL documentation, "Connections and Authentication"; WAL senders since 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    hidden,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import (
    Finding,
    against,
    finding,
)

PROBE = "postgresql"
REASONS = (
    "idle_sessions",
    "idle_in_transaction",
    "active_load",
    "protected_sessions",
    "slots_reserved",
    "standby",
    "insufficient_privilege",
    "auth_failed",
    "unreachable",
    "not_read",
)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [without_reading(reading["refused"]["normal"])]
    slots, sessions = document["slots"], document["sessions"]
    if document["server"]["in_recovery"]:
        return [
            finding(
                "unknown",
                "standby",
                "this server is a standby; connections are judged on the primary",
            )
        ]
    if slots["hidden"]:
        return [hidden(reading)]
    exact = 100 * slots["used"] / max(1, slots["application_slots"])
    percent = round(exact, 1)
    severity, threshold = against(exact, inputs)
    reason = "ok" if severity == "ok" else cause(sessions)
    return [
        finding(severity, reason, sentence(slots, sessions, percent), percent, "percent", threshold)
    ]


def without_reading(refused: Mapping[str, Any]) -> Finding:
    if refused["reason"] == "slots_reserved":
        said = (
            "every slot an application can use is taken: the server keeps the rest for superusers"
        )
        return finding("crit", "slots_reserved", said, 100.0, "percent", None)
    return unread(refused)


def cause(sessions: Mapping[str, Any]) -> str:
    """What holds most of the slots. Idle for a moment between two statements is work, not idleness."""
    classes, aged, young = sessions["classes"], sessions["aged"], sessions["young"]
    held = {
        "idle_in_transaction": aged["idle_in_transaction"] + young["idle_in_transaction"],
        "idle_sessions": max(sessions["settled_idle"], aged["idle"]),
    }
    total = sum(classes.values())
    held["active_load"] = total - sum(held.values())
    # At a tie the class that something can be done about comes first.
    reason = max(held, key=lambda name: held[name])
    if (
        reason != "active_load"
        and not sessions["endable"]
        and sum(sessions["protected"].values()) * 2 > total
    ):
        return "protected_sessions"
    return reason


def sentence(slots: Mapping[str, Any], sessions: Mapping[str, Any], percent: float) -> str:
    classes = sessions["classes"]
    parts = [f"{count} {name.replace('_', ' ')}" for name, count in classes.items() if count]
    said = f"{slots['used']} of {slots['application_slots']} application slots are used ({percent:g} %)"
    if parts:
        said += f": {', '.join(parts)}"
    if sessions["groups"]:
        top = sessions["groups"][0]
        said += f"; most by role {top['role']}" + (
            f", application {top['application']}" if top["application"] else ""
        )
    return said
