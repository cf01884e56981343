# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is it the one that takes writes?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "redis"
REASONS = ("replica", "replica_link_down")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None or "role" not in document["role"]:
        return []
    role = document["role"]
    if role["role"] == "master":
        replicas = role.get("connected_slaves", 0)
        return [
            finding("ok", "ok", f"it is a primary, with {replicas} replicas", replicas, "replicas")
        ]
    primary = f"{role.get('master_host')}, port {role.get('master_port')}"
    if role.get("master_link_status") != "up":
        return [
            finding(
                "crit",
                "replica_link_down",
                f"it is a replica that has lost its primary ({primary})",
            )
        ]
    said = f"it is a replica of {primary}, and refuses writes; the catalog should name the primary"
    return [finding("crit", "replica", said)]
