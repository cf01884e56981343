# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the server archive its WAL? What it does not archive, no backup brings back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql"
REASONS = ("wal_archiving_failing", "archiving_off", "standby", *UNREAD)


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    archiver = document["transactions"]["archiver"]
    if document["server"]["in_recovery"] and archiver["mode"] != "always":
        return [finding("ok", "standby", "this server is a standby; its primary archives")]
    if archiver["mode"] == "off":
        said = "archive_mode is off: only what a base backup holds can be restored, and no point in time"
        return [finding("crit", "archiving_off", said)]
    if archiver["failing"]:
        upto = archiver["last_archived_at"] or "nothing was ever archived"
        said = (
            f"archive_command fails since {archiver['last_failed_at']} ({archiver['last_failed_wal']}): no point in "
            f"time after the last that was archived ({upto}) can be restored, and the disk fills up"
        )
        return [
            finding("crit", "wal_archiving_failing", said, archiver["failed_count"], "failures")
        ]
    if archiver["last_archived_at"] is None:
        return [finding("ok", "ok", "WAL is to be archived, and none was full yet")]
    said = f"WAL is archived, {archiver['last_archived_wal']} at {archiver['last_archived_at']}"
    return [finding("ok", "ok", said)]
