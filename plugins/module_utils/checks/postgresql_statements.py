# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which statements run for too long? Those that wait for a lock are not slow, but kept waiting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import chains
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

PROBE = "postgresql"
REASONS = ("long_running_query", "long_running_protected", *UNREAD)
# A backup takes as long as it takes.
EXPECTED = ("protected_application", "replication")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    limit = inputs["long_query_seconds"]
    long = [one for one in document["offenders"] if one["offence"] == "runs_long"]
    unprotected = [one for one in long if not one["protected"]]
    protected = [one for one in long if one["protected"] and one["protected"] not in EXPECTED]
    if unprotected:
        return [told("long_running_query", unprotected, limit)]
    if protected:
        return [told("long_running_protected", protected, limit)]
    backups = f" but {many(len(long), 'protected one')}" if long else ""
    said = f"no statement runs for {limit} s{backups}{top(document['statements'])}"
    return [finding("ok", "ok", said, len(long), "statements", None)]


def told(reason: str, long: list[Mapping[str, Any]], limit: int) -> Finding:
    longest = max(long, key=lambda one: float(one["statement_s"]))
    mark = f", protected: {longest['protected'].replace('_', ' ')}" if longest["protected"] else ""
    said = (
        f"{many(len(long), 'statement')} for {limit} s or longer; the longest by "
        f"{chains.named(longest)}{mark}: {chains.query(longest)}"
    )
    return finding("warn", reason, said, longest["statement_s"], "seconds", limit)


def top(statements: Mapping[str, Any]) -> str:
    """What took most of the time since the statistics began, where pg_stat_statements tells."""
    if not statements.get("available") or not statements["top"]:
        return ""
    first = statements["top"][0]
    return (
        f"; most time since the last reset: {chains.query(first)} "
        f"({first['calls']} calls, {first['mean_ms']:g} ms each)"
    )
