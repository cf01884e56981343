# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a change of ours still in force, and does the fault come back in spite of what was done?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "history"
RESTARTS = ("restart_service", "restart_server", "restart_holder", "start_service")
REASONS = ("own_mitigation_active", "own_mitigation_expired", "recurring")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    return [mitigation(change, reading["now"]) for change in reading["open"]] + recurring(
        reading, inputs.get("max_restarts")
    )


def mitigation(change: Mapping[str, Any], now: str) -> Finding:
    by = f", {change['by']}" if change.get("by") else ""
    what = f"{change['action']} of incident {change['incident']} (change {change['number']}{by})"
    if change["status"] == "failed":
        what += ", which failed and may have taken effect,"
    if change["expires_at"] <= now:
        said = f"{what} has expired at {change['expires_at']} and is still in force; revert.yml -e expired_only=true"
        return finding("warn", "own_mitigation_expired", said, change["expires_at"])
    said = f"{what} is in force until {change['expires_at']}"
    return finding("warn", "own_mitigation_active", said, change["expires_at"])


def recurring(reading: Mapping[str, Any], cap: int | None) -> list[Finding]:
    done = [c for c in reading["changes"] if c["action"] in RESTARTS]
    if cap is None or len(done) < cap:
        return []
    said = (
        f"started or restarted {len(done)} times by runbooks within the last hour; it does not help"
    )
    return [finding("warn", "recurring", said, len(done), "restarts", cap)]
