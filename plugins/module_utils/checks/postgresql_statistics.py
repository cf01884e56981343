# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the planner know the tables as they are? Of the database that the catalog names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

PROBE = "postgresql"
REASONS = ("stale_statistics", "standby", *UNREAD)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    if document["server"]["in_recovery"]:
        return [finding("ok", "standby", "statistics are those of the primary")]
    stale, limit = document["relations"]["stale"], inputs["stale_percent"]
    if not stale:
        return [finding("ok", "ok", "the statistics are fresh", 0, "tables", 0)]
    first = stale[0]
    percent = 100 * first["changed"] / max(1, first["rows"])
    since = "never" if first["analyzed_s"] is None else f"{first['analyzed_s']:.0f} s ago"
    said = (
        f"{many(len(stale), 'table')} with stale statistics: {first['schema']}.{first['name']} has "
        f"{first['changed']} changes at {first['rows']} rows, last analyzed {since}"
    )
    return [finding("warn", "stale_statistics", said, round(percent, 1), "percent", limit)]
