# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do clients wait at the pooler (PgBouncer), and for what?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql"
REASONS = ("clients_waiting", "pooler_unreadable")
# A client that waits longer than this is one that a person notices.
WARN_WAIT_S = 1


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    pooler = reading["pooler"]
    if pooler is None:
        return []
    if "refused" in pooler:
        return [
            finding(
                "unknown",
                "pooler_unreadable",
                f"the pooler cannot be read: {pooler['refused']['message']}",
            )
        ]
    waiting = sum(int(pool["cl_waiting"]) for pool in pooler["pools"])
    longest = max((longest_wait(pool) for pool in pooler["pools"]), default=0.0)
    if not waiting or longest < WARN_WAIT_S:
        return [finding("ok", "ok", "no client waits at the pooler", waiting, "clients", None)]
    idle = sum(int(pool["sv_idle"]) for pool in pooler["pools"])
    hint = (
        f"{idle} server connections are idle meanwhile: look at the application"
        if idle
        else "no server connection is idle: look for long transactions"
    )
    said = f"{waiting} clients wait at the pooler, the longest for {longest:.1f} s; {hint}"
    return [finding("warn", "clients_waiting", said, longest, "seconds", WARN_WAIT_S)]


def longest_wait(pool: Mapping[str, Any]) -> float:
    return float(pool["maxwait"]) + float(pool.get("maxwait_us") or 0) / 1e6
