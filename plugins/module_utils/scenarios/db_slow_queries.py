# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statements are slow, or stand still: who keeps them waiting, which run away, what the planner lacks.

Acts on the root of a chain of locks and never on who waits; cancels before it ends. Stale statistics
are taken anew. An index is rebuilt only when it is named and approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, Spec, Text
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import chains
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import rebuild_index
from ansible_collections.oncall.runbooks.plugins.module_utils.services import variables

KIND = "postgresql"
INPUTS: tuple[Spec, ...] = (
    Input("blocked_seconds", 30, 0, 3600, "seconds", "who keeps others waiting for a lock this long is acted on"),
    Input("long_query_seconds", 300, 1, 86400, "seconds", "a statement that runs this long is cancelled"),
    Input(
        "idle_in_transaction_seconds", 10, 0, 3600, "seconds",
        "who keeps others waiting and is idle in a transaction this long is ended without a grace",
    ),
    Input("grace_seconds", 5, 0, 30, "seconds", "what was cancelled and goes on is ended after this long"),
    Input("max_terminate", 5, 1, 50, "sessions", "cancel or end at most this many in one run"),
    Input("prepared_seconds", 300, 1, 86400, "seconds", "a prepared transaction is told from this age"),
    Input("stale_percent", 20, 1, 1000, "percent of the rows", "statistics are stale when so many have changed"),
    Input("stale_rows", 10000, 1, 1000000000, "rows", "and at least this many"),
    Input("max_analyze", 5, 1, 20, "tables", "analyze at most this many in one run"),
    Text(
        "index", None, r"[^\s.\"']{1,63}\.[^\s.\"']{1,63}", "a schema and an index, with a dot",
        "public.orders_customer_idx", "the index that an approved reindex_index rebuilds",
    ),
    variables.HOLD,
    replace(variables.TIMEOUT, default=60),
)  # fmt: skip
ACTIONS = {
    "stop_sessions": Action("containment", "safe"),
    "analyze_tables": Action("recovery", "safe"),
    "reindex_index": Action("recovery", "disruptive"),
}
PROBE_OPTIONS = {
    "postgresql": {
        "sections": [
            *("server", "slots", "sessions", "blocking", "offenders", "waits", "relations"),
            *("transactions", "statements"),
        ]
    }
}
ACTED_ON = ("blocking_idle_in_tx", "blocking_active")
NO_WAY_BACK = {"none": "what was cancelled or rolled back is not there any more; clients try again"}
NOTHING_KEPT = {"none": "statistics are taken anew, and nothing is lost"}


def plan(situation: Situation) -> list[Entry]:
    document = (situation.readings.get("postgresql") or {}).get("document")
    if document is None:
        return []
    left = situation.inputs["max_terminate"]
    entries = list(refusals(situation, document))
    for check, offence, noun in (
        ("postgresql_blocking", "blocks", "blocker"),
        ("postgresql_statements", "runs_long", "long statement"),
    ):
        entry = stop(situation, document, check, offence, noun, left)
        if entry:
            left -= len(entry["parameters"].get("sessions", ()))
            entries.append(entry)
    return [*entries, *analyze(situation, document), *rebuild_index.entries(situation, document)]


def refusals(situation: Situation, document: Mapping[str, Any]) -> Iterator[Entry]:
    """Roots that are nobody's to end: what they are, and what a person can do instead."""
    for found in situation.findings:
        if found["check"] != "postgresql_blocking" or found["severity"] == "ok":
            continue
        if found["reason"] == "insufficient_privilege":
            yield refused(situation, found, "stop what keeps others waiting", found["summary"])
        elif found["reason"] not in ACTED_ON:
            why = f"{found['summary']}; {advice(found, document)}"
            yield refused(situation, found, "stop what keeps others waiting", why)


def advice(found: Finding, document: Mapping[str, Any]) -> str:
    if found["reason"] == "orphan_prepared_xact":
        return (
            "it is never rolled back from here: ask its transaction manager, then, in that database and as its "
            "owner, COMMIT PREPARED or ROLLBACK PREPARED with that name"
        )
    waiter = chains.gate(document["blocking"]["edges"], root_of(found, document))
    by_hand = "wait until it ends"
    if waiter:
        by_hand = (
            f"to let the others pass, cancel by hand what waits for it: SELECT pg_cancel_backend({waiter['pid']}), "
            f"role {waiter['role']}: {chains.query(waiter)}"
        )
    if found["reason"].startswith("blocked_by_autovacuum"):
        return f"vacuum is never ended from here; {by_hand}"
    return f"it is never ended from here; {by_hand}"


def root_of(found: Finding, document: Mapping[str, Any]) -> int:
    """A finding is a sentence; the root it tells of is the one it begins with."""
    for root in document["blocking"]["roots"]:
        if found["summary"].startswith(f"pid {root['pid']} "):
            return int(root["pid"])
    return -1


def refused(situation: Situation, found: Finding, summary: str, why: str) -> Entry:
    return propose(
        "stop_sessions", situation.service, found, summary, "refused", why, undo=NO_WAY_BACK
    )


def stop(
    situation: Situation,
    document: Mapping[str, Any],
    check: str,
    offence: str,
    noun: str,
    cap: int,
) -> Entry | None:
    offenders = [one for one in document["offenders"] if one["offence"] == offence]
    free = [one for one in offenders if not one["protected"]]
    found = justifying(situation, check)
    if not free or found is None:
        return None
    chosen = free[: max(0, cap)]
    if not chosen:
        why = f"max_terminate={situation.inputs['max_terminate']} is the cap; run this again"
        return refused(situation, found, f"stop {many(len(free), noun)}", why)
    if not (document["server"]["me"]["can_signal"] or situation.catalog["postgresql"].get("admin")):
        user = document["server"]["me"]["user"]
        why = f"{user} may not end sessions: GRANT pg_signal_backend TO {user}, or configure the connection admin"
        return refused(situation, found, f"stop {many(len(free), noun)}", why)
    more = len(free) - len(chosen)
    return propose(
        "stop_sessions",
        situation.service,
        found,
        said(chosen, noun, situation.inputs["grace_seconds"]),
        "planned",
        f"{more} more would have to go, but max_terminate is the cap" if more else "",
        {"sessions": [{"pid": s["pid"], "backend_start": s["backend_start"]} for s in chosen]},
        {"waiting": document["blocking"]["waiting"]},
        NO_WAY_BACK,
    )


def justifying(situation: Situation, check: str) -> Finding | None:
    """The finding that calls for it, not one that only reports."""
    reasons = (*ACTED_ON, "long_running_query")
    return next(
        (f for f in situation.findings if f["check"] == check and f["reason"] in reasons), None
    )


def said(chosen: list[dict[str, Any]], noun: str, grace: int) -> str:
    end = [chains.named(one) for one in chosen if one["signal"] == "terminate"]
    cancel = [chains.named(one) for one in chosen if one["signal"] == "cancel"]
    parts = []
    if end:
        parts.append(f"end {many(len(end), noun)} idle in transaction: {', '.join(end)}")
    if cancel:
        parts.append(
            f"cancel {many(len(cancel), noun)}, and end what goes on after {grace} s: {', '.join(cancel)}"
        )
    return "; ".join(parts)


def analyze(situation: Situation, document: Mapping[str, Any]) -> Iterator[Entry]:
    found = situation.finding("postgresql_statistics")
    if found is None or found["reason"] != "stale_statistics":
        return
    stale = document["relations"]["stale"]
    by_admin = bool(situation.catalog["postgresql"].get("admin"))
    may = [table for table in stale if table["may"] or by_admin]
    chosen = may[: situation.inputs["max_analyze"]]
    names = [f"{table['schema']}.{table['name']}" for table in (chosen or stale)]
    user = document["server"]["me"]["user"]
    why = ""
    if not chosen:
        why = (
            f"{user} may not analyze {names[0]}: GRANT MAINTAIN ON it TO {user} (PostgreSQL 17), or configure the "
            f"connection admin; by hand, as its owner: ANALYZE {names[0]}"
        )
    elif len(chosen) < len(stale):
        why = f"{len(stale) - len(chosen)} more are left: run this again"
    yield propose(
        "analyze_tables",
        situation.service,
        found,
        f"take new statistics of {', '.join(names)}",
        "planned" if chosen else "refused",
        why,
        {"tables": [{"schema": t["schema"], "name": t["name"]} for t in chosen]},
        {"stale": len(stale)},
        NOTHING_KEPT,
    )
