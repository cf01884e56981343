# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the standbys follow that the catalog names, and is the WAL archived? Only told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql"
REASONS = ("standby_missing", "wal_archiving_failing", "standby")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return []  # why it does not tell, is the check postgresql_access
    if document["server"]["in_recovery"]:
        return [finding("ok", "standby", "this server is a standby")]
    streaming = {
        one["application_name"]
        for one in document["replication"]["standbys"]
        if one["state"] == "streaming"
    }
    found = []
    missing = [name for name in reading["standbys"] if name not in streaming]
    if missing:
        named = f"{', '.join(missing)} of {len(reading['standbys'])} standbys"
        said = f"{named} does not follow: a failover would lose data"
        found.append(finding("warn", "standby_missing", said, len(missing), "standbys", 0))
    archiver = document["transactions"]["archiver"]
    if archiver["failing"]:
        said = (
            f"WAL is not archived since {archiver['last_failed_at']} ({archiver['last_failed_wal']}): "
            "no point in time after it can be restored, and the disk fills up"
        )
        found.append(
            finding("warn", "wal_archiving_failing", said, archiver["failed_count"], "failures")
        )
    if found:
        return found
    said = (
        f"{len(streaming)} standbys follow"
        if streaming
        else "no standby is named, and none follows"
    )
    return [finding("ok", "ok", said, len(streaming), "standbys", None)]
