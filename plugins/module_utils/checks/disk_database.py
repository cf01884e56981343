# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a PostgreSQL's write-ahead log on the disk: a slot that nobody reads, an archive that fails. Told only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "postgresql_wal"
REASONS = ("slot_retains_wal", "wal_archiving_failing", "not_read")
# What a consumer that is well may be behind by.
BEHIND_BYTES = 2**30


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    if not reading["concerned"]:
        return []
    document = reading["document"]
    if document is None:
        said = f"what its write-ahead log takes is not known: {reading['refused']['message']}"
        return [finding("warn", "not_read", said)]
    found = [*slots(document["replication"]["slots"]), *archive(document["transactions"])]
    many = len(document["replication"]["slots"])
    return found or [
        finding("ok", "ok", f"{many} replication slots, and the archive does not fail")
    ]


def slots(given: list[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in given:
        behind = one["retained_bytes"] or 0
        if not one["active"] and behind >= BEHIND_BYTES:
            said = (
                f"the replication slot {one['name']} is read by nobody and keeps {size(behind)} of the write-ahead "
                "log; when its consumer is gone for good, drop it by hand: "
                "SELECT pg_drop_replication_slot('NAME'); no file of that log is ever deleted"
            )
            yield finding("warn", "slot_retains_wal", said, behind, "bytes", BEHIND_BYTES)


def archive(transactions: Mapping[str, Any]) -> Iterator[Finding]:
    archiver = transactions["archiver"]
    if archiver["failing"]:
        said = (
            f"the write-ahead log is not archived since {archiver['last_failed_at']} ({archiver['last_failed_wal']}), "
            "and stays on the disk until it is: mend archive_command or its target"
        )
        yield finding("warn", "wal_archiving_failing", said, archiver["failed_count"], "failures")
