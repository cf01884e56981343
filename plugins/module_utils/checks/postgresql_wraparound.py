# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many transactions are left before the server refuses writes, so as not to lose rows?

Only told: what helps is a VACUUM, which a restart would only begin anew. Of the whole server, by the
database whose rows are oldest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql"
REASONS = ("xid_wraparound_risk",)
# From here autovacuum leaves everything else aside (default of vacuum_failsafe_age, PostgreSQL 14).
WARN = 1_600_000_000
# From here the server itself warns with each transaction, 40 million before the end; it refuses writes
# at 3 million (postgres/src/backend/access/transam/varsup.c, SetTransactionIdLimit).
CRIT = 2**31 - 40_000_000
REFUSED_AT = 2**31 - 3_000_000
KINDS = {"xid_age": "transactions", "multixact_age": "multixacts"}


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return []  # the access has a check of its own
    found = document["transactions"]["wraparound"]
    kind = max(KINDS, key=lambda name: found[name])
    age, unit = found[kind], KINDS[kind]
    if age < WARN:
        return [finding("ok", "ok", f"the oldest row is {age} {unit} old", age, unit, WARN)]
    said = (
        f"database {found['database']} holds rows that are {age} {unit} old, and at {REFUSED_AT} the server refuses "
        f"writes ({max(0, REFUSED_AT - age)} left): end what keeps old rows (prepared transactions, slots, the oldest "
        "session), then VACUUM it, and let no restart or cancel interrupt that"
    )
    severity = "crit" if age >= CRIT else "warn"
    limit = CRIT if severity == "crit" else WARN
    return [finding(severity, "xid_wraparound_risk", said, age, unit, limit)]
