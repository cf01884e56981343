# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A primary and its standbys: who takes writes, and what a failover would come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import cluster

PROBE = "postgresql_nodes"
REASONS = (
    "primary_down_promotable",
    "partial_partition",
    "unproven",
    "primary_speaks",
    "replica_lag",
    "data_loss_possible",
    "split_brain_risk",
    "role_mismatch",
    "other_cluster",
    "standby_lost",
    "moved",
    "waits_for_standby",
)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    verdict = cluster.judge(reading, 1024 * inputs["max_lag_kib"])
    return [finding(verdict.severity, verdict.reason, verdict.summary), *waiting(reading)]


def waiting(reading: Mapping[str, Any]) -> list[Finding]:
    """A server whose commits wait for somebody who is not there hangs at its first write."""
    return [
        finding(
            "warn",
            "waits_for_standby",
            f"commits of {name} wait for a synchronous standby, and none is there: set "
            "synchronous_standby_names to who follows it",
        )
        for name, node in cluster.nodes(reading).items()
        if not node["in_recovery"]
        and node["synchronous_standby_names"]
        and not any(one["sync_state"] in ("sync", "quorum") for one in node["followers"])
    ]
