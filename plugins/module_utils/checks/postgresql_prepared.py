# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prepared transactions that nobody ends: they keep their locks, and old rows, over a restart too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql"
REASONS = ("orphan_prepared_xact", *UNREAD)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    found, limit = document["transactions"], inputs["prepared_seconds"]
    old = [one for one in found["prepared"] if one["age_s"] >= limit]
    if not old:
        total = found["prepared_total"]
        said = f"{total} prepared, none for {limit} s" if total else "no prepared transaction"
        return [finding("ok", "ok", said, total, "transactions", None)]
    first = old[0]  # the oldest
    more = f" and {len(old) - 1} more" if len(old) > 1 else ""
    said = (
        f"prepared transaction '{first['gid']}' of {first['owner']} in database {first['database']} is open "
        f"for {first['age_s']:.0f} s{more}; ask its transaction manager, then COMMIT PREPARED or ROLLBACK PREPARED"
    )
    return [finding("warn", "orphan_prepared_xact", said, first["age_s"], "seconds", limit)]
