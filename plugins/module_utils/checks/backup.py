# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is there a backup, is it whole and new, and is the WAL behind it unbroken?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import coverage
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "backup"
REASONS = (
    "not_configured",
    "host_unreachable",
    "backup_unreadable",
    "backup_missing",
    "backup_unfinished",
    "backup_old",
    "backup_corrupt",
    "backup_unverified",
    "archive_empty",
    "wal_gap",
)


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    refused = reading["refused"]
    if refused:
        return [finding("unknown", refused["reason"], refused["message"])]
    if reading["unreadable"]:
        said = f"{', '.join(reading['unreadable'])} is not there, or cannot be read"
        return [finding("crit", "backup_unreadable", said)]
    found = [
        finding("warn", "backup_unfinished", f"{path} was not finished, and cannot be restored")
        for path in reading["unfinished"]
    ]
    found += [
        finding("crit", "backup_corrupt", f"{one['path']} was made of pages that are damaged")
        for one in reading["backups"]
        if one.get("damaged")
    ]
    covered = coverage.best(reading)
    if covered is None:
        return [*found, finding("crit", "backup_missing", "there is no finished base backup")]
    return [*found, *of_backup(reading, covered), *of_archive(covered)]


def of_backup(reading: Mapping[str, Any], covered: coverage.Coverage) -> list[Finding]:
    backup, verified = covered.backup, reading["verified"]
    name = backup["path"].rpartition("/")[2]
    found = []
    if verified and verified["status"] == "corrupt":
        said = f"{name} is damaged: {verified['said']}"
        found.append(finding("crit", "backup_corrupt", said))
    elif verified and verified["status"] == "unknown":
        said = f"whether {name} is whole is not known: {verified['said']}"
        found.append(finding("unknown", "backup_unverified", said))
    hours, limit = (reading["now"] - covered.earliest) / 3600, reading["max_age_hours"]
    said = f"{name} of {size(backup['kib'] * 1024)} was finished {moment(covered.earliest)}, {hours:.1f} h ago"
    severity, reason = ("crit", "backup_old") if hours > limit else ("ok", "ok")
    return [*found, finding(severity, reason, said, round(hours, 1), "hours", limit)]


def of_archive(covered: coverage.Coverage) -> list[Finding]:
    if covered.gap:
        upto = f"nothing after {moment(covered.latest)}" if covered.latest else "nothing"
        said = f"{covered.gap} is missing in the archive: with this backup {upto} can be restored"
        return [finding("crit", "wal_gap", said)]
    if covered.latest is None:
        said = (
            "the archive holds no WAL from this backup on: it cannot be restored to a point in time"
        )
        return [finding("crit", "archive_empty", said)]
    if covered.latest < covered.earliest:
        said = (
            f"nothing later than the backup itself, {moment(covered.earliest)}, can be restored yet"
        )
        return [finding("ok", "ok", said)]
    said = f"a point in time from {moment(covered.earliest)} to {moment(covered.latest)} can be restored"
    return [finding("ok", "ok", said)]


def moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
