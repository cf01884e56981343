# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rebuilding one index that somebody named: proposed, or refused with the reason.

REINDEX CONCURRENTLY waits for every transaction that is older, and what it leaves when it is cut off
is an invalid index of a name of its own ("REINDEX" in the PostgreSQL documentation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)

ACTION = "reindex_index"
NO_UNDO = {"none": "a rebuilt index holds what the old one held"}
# Of invalid indexes what an interrupted rebuild left: made anew, there would be two of them.
DROP = "it was left by a rebuild that was cut off; by hand: DROP INDEX CONCURRENTLY"


def entries(situation: Situation, document: Mapping[str, Any]) -> Iterator[Entry]:
    name = situation.inputs["index"]
    found = situation.finding("postgresql_indexes")
    if found is None:
        return
    relations = document["relations"]
    bad = [*relations["invalid"], *relations["bloated"]]
    if name is None:
        if bad:
            yield unnamed(situation, found, bad[0])
        return
    chosen = next((one for one in bad if full(one) == name), None)
    if chosen is None:
        yield not_bad(situation, found, name, relations["named"])
        return
    reason = "bloated_index" if chosen["valid"] else "invalid_index"
    why = refusal(situation, document, chosen)
    for because in [f for f in situation.findings if f["reason"] == reason][:1]:
        yield entry(situation, because, chosen, "refused" if why else "planned", why)


def full(index: Mapping[str, Any]) -> str:
    return f"{index['schema']}.{index['name']}"


def unnamed(situation: Situation, found: Finding, first: Mapping[str, Any]) -> Entry:
    if first["leftover"]:
        return entry(situation, found, first, "not_needed", f"{DROP} {full(first)}")
    why = f"nobody named it; to rebuild it: add -e index={full(first)} -e approve={ACTION}"
    return entry(situation, found, first, "not_needed", why)


def not_bad(
    situation: Situation, found: Finding, name: str, named: Mapping[str, Any] | None
) -> Entry:
    if named is None:
        database = situation.catalog["postgresql"].get("database", "")
        why = f"there is no index {name} in database {database}; name one, with its schema"
        return propose(
            ACTION, situation.service, found, f"rebuild index {name}", "refused", why, undo=NO_UNDO
        )
    return entry(situation, found, named, "not_needed", "it is neither invalid nor bloated")


def refusal(situation: Situation, document: Mapping[str, Any], index: Mapping[str, Any]) -> str:
    if index["leftover"]:
        return f"{DROP} {full(index)}"
    if not (index["may"] or situation.catalog["postgresql"].get("admin")):
        user = document["server"]["me"]["user"]
        return (
            f"{user} may not rebuild it; configure the connection admin, or by hand, as the owner of the table: "
            f"REINDEX INDEX CONCURRENTLY {full(index)}"
        )
    if document["transactions"]["prepared_total"]:
        return (
            "a prepared transaction is open, and the rebuild would wait for it; end that one first"
        )
    if any(
        f["check"] == "postgresql_blocking" and f["severity"] != "ok" for f in situation.findings
    ):
        return "sessions keep others waiting, and the rebuild would wait, too; run this again when they are gone"
    return ""


def entry(
    situation: Situation, found: Finding, index: Mapping[str, Any], status: str, why: str
) -> Entry:
    return propose(
        ACTION,
        situation.service,
        found,
        f"rebuild index {full(index)} of table {index['table']} while it is in use (REINDEX CONCURRENTLY)",
        status,
        why,
        {"schema": index["schema"], "name": index["name"]},
        {"valid": index["valid"], "bytes": index["bytes"]},
        NO_UNDO,
    )
