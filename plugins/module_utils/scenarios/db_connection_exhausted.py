# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL server has no connection left to give.

Ends sessions that do nothing, only as many as bring the server under the warning
threshold; work is never ended. More slots, or a smaller pool, only when approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import max_connections
from ansible_collections.oncall.runbooks.plugins.module_utils.services import thresholds, variables

KIND = "postgresql"
INPUTS = (
    Input(
        "warn_percent",
        80,
        1,
        99,
        "percent of the slots an application can use",
        "warn from here; sessions are ended until usage is below it",
    ),
    Input(
        "crit_percent",
        95,
        2,
        100,
        "percent of the slots an application can use",
        "critical from here",
    ),
    Input("idle_seconds", 300, 1, 86400, "seconds", "an idle session may be ended from this age"),
    Input(
        "idle_in_transaction_seconds",
        60,
        1,
        86400,
        "seconds",
        "a session idle in a transaction may be ended from this age",
    ),
    Input("max_terminate", 20, 1, 200, "sessions", "end at most this many in one run"),
    variables.HOLD,
    variables.TIMEOUT,
    Input(
        "max_connections",
        None,
        10,
        10000,
        "connections",
        "target of the approved raise; default: half as many again",
    ),
    Input("pool_max", None, 1, 1000, "connections", "new upper size of the application's own pool"),
)
ACTIONS = {
    "end_sessions": Action("containment", "safe"),
    "raise_max_connections": Action("scaling", "disruptive"),
    "set_pool_max": Action("scaling", "disruptive"),
}
contradictions = thresholds.contradictions
AGES = {"idle": "idle_seconds", "idle_in_transaction": "idle_in_transaction_seconds"}
NO_WAY_BACK = {"none": "an ended session cannot be restored; clients connect again by themselves"}


def plan(situation: Situation) -> list[Entry]:
    found = situation.finding("postgresql_connections")
    if found is None or found["severity"] == "ok":
        return []
    reading = situation.readings["postgresql"]
    if found["reason"] == "slots_reserved":
        return [locked_out(situation, found, reading["user"])]
    if found["severity"] == "unknown":
        return not_judged(situation, found)
    entries = [end_sessions(situation, found, reading["document"])]
    enough = entries[0]["status"] == "planned" and entries[0]["parameters"]["enough"]
    return entries + more_room(situation, found, reading, enough)


def locked_out(situation: Situation, found: Finding, user: str) -> Entry:
    path = f"runbooks_services.{situation.service}.postgresql.admin"
    why = (
        f"{user} is locked out, because the last slots are kept for superusers, and no break-glass connection works; "
        f"configure one that is a superuser, as {path}: {{via: exec, user: postgres}}, and run this again; or by hand, "
        "on the server's own host: sudo -u postgres psql"
    )
    return propose(
        "end_sessions",
        situation.service,
        found,
        "end idle sessions",
        "refused",
        why,
        undo=NO_WAY_BACK,
    )


def not_judged(situation: Situation, found: Finding) -> list[Entry]:
    """What cannot be judged is not acted on. No answer at all is an error of its own, not a refusal."""
    if found["reason"] not in ("standby", "insufficient_privilege"):
        return []
    return [
        propose(
            "end_sessions",
            situation.service,
            found,
            "end idle sessions",
            "refused",
            found["summary"],
            undo=NO_WAY_BACK,
        )
    ]


def end_sessions(situation: Situation, found: Finding, document: Mapping[str, Any]) -> Entry:
    inputs, sessions, slots = situation.inputs, document["sessions"], document["slots"]
    needed = thresholds.too_many(slots["used"], slots["application_slots"], inputs["warn_percent"])
    chosen = sessions["endable"][: min(needed, inputs["max_terminate"])]
    before = {"used": slots["used"], "slots": slots["application_slots"]}
    if not chosen:
        status, why = why_none(situation, sessions)
        return propose(
            "end_sessions",
            situation.service,
            found,
            "end idle sessions",
            status,
            why,
            before=before,
            undo=NO_WAY_BACK,
        )
    if not may_signal(situation, document):
        user = document["server"]["me"]["user"]
        why = (
            f"{user} may not end sessions: GRANT pg_signal_backend TO {user}, "
            "or configure the break-glass connection, admin"
        )
        return propose(
            "end_sessions",
            situation.service,
            found,
            "end idle sessions",
            "refused",
            why,
            before=before,
            undo=NO_WAY_BACK,
        )
    in_transaction = sum(session["state"].startswith("idle in transaction") for session in chosen)
    parts = [f"{in_transaction} idle in transaction"] if in_transaction else []
    if len(chosen) > in_transaction:
        parts.append(f"{len(chosen) - in_transaction} idle")
    summary = (
        f"end {many(len(chosen), 'session')} ({', '.join(parts)}), oldest first; "
        f"{needed} bring it under {inputs['warn_percent']} %"
    )
    parameters = {
        "sessions": [{"pid": s["pid"], "backend_start": s["backend_start"]} for s in chosen],
        "enough": len(chosen) >= needed,
    }
    why = (
        ""
        if len(chosen) >= needed
        else f"{many(needed, 'session')} would have to go, but {limit(situation, sessions)}"
    )
    return propose(
        "end_sessions",
        situation.service,
        found,
        summary,
        "planned",
        why,
        parameters,
        before,
        NO_WAY_BACK,
    )


def may_signal(situation: Situation, document: Mapping[str, Any]) -> bool:
    """By the role that reads, or through the break-glass connection."""
    return bool(
        document["server"]["me"]["can_signal"] or situation.catalog["postgresql"].get("admin")
    )


def limit(situation: Situation, sessions: Mapping[str, Any]) -> str:
    cap = situation.inputs["max_terminate"]
    if len(sessions["endable"]) > cap:
        return f"max_terminate={cap} is the cap"
    return f"only {len(sessions['endable'])} may be ended"


def why_none(situation: Situation, sessions: Mapping[str, Any]) -> tuple[str, str]:
    """Nothing may be ended: all work, which is no refusal, or what is idle is out of bounds."""
    for kind, limit in AGES.items():
        young = sessions["young"][kind]
        if young:
            return "refused", (
                f"{many(young, 'session')} {kind.replace('_', ' ')}, but none for "
                f"{limit}={situation.inputs[limit]} yet; for shorter ones add -e {limit}=SECONDS"
            )
    if sessions["protected_idle"]:
        protected = {why: number for why, number in sessions["protected"].items() if number}
        named = ", ".join(f"{number} {why.replace('_', ' ')}" for why, number in protected.items())
        return "refused", f"the idle sessions are protected ({named})"
    total = sum(sessions["classes"].values())
    return "not_needed", f"{many(total, 'session')} at work; work is never ended"


def more_room(
    situation: Situation, found: Finding, reading: Mapping[str, Any], enough: bool
) -> list[Entry]:
    entries = [max_connections.raise_entry(situation, found, reading, enough)]
    if situation.inputs["pool_max"] is not None:
        entries.append(pool_entry(situation, found, reading["document"]))
    return entries


def pool_entry(situation: Situation, found: Finding, document: Mapping[str, Any]) -> Entry:
    """The application's own pool is changed where the application is deployed."""
    size = situation.inputs["pool_max"]
    top = (document["sessions"]["groups"] or [{"role": "?", "application": ""}])[0]
    who = f"role {top['role']}" + (
        f", application {top['application']}" if top["application"] else ""
    )
    why = (
        f"the application ({who}) is not a service of this catalog entry; by hand: "
        f"set DATABASE_POOL_MAX={size} in its environment so that instances x {size} stays under "
        f"{document['slots']['application_slots']}, and restart one instance at a time"
    )
    return propose(
        "set_pool_max",
        situation.service,
        found,
        f"set the application's pool to {size}",
        "refused",
        why,
    )
