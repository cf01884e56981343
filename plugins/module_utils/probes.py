# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be read of a service. A new probe is an action that changes nothing, and a line here."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError


@dataclass(frozen=True)
class Probe:
    action: str
    needs: tuple[str, ...] = ()  # the probes whose readings it is given, so they come before it
    again: bool = False  # whether it takes the option of that name


PROBES = {
    "bot_endpoint": Probe("bot_endpoint_info", needs=("history",)),
    "bot_log": Probe("bot_log_info"),
    "backup": Probe("backup_info"),
    "chain": Probe("chain_info"),
    "changes": Probe("incident_changes_info"),
    "dependencies": Probe("dependencies_info"),
    "disk": Probe("disk_info"),
    "health": Probe("health_info"),
    "history": Probe("incident_history_info"),
    "integrity": Probe("postgresql_integrity_info"),
    "indexer": Probe("indexer_info", needs=("chain",)),
    "memory": Probe("host_memory_info"),
    "memory_usage": Probe("memory_usage_info", needs=("workload",)),
    "mode": Probe("service_mode_info"),
    "payments": Probe("payments_info", needs=("chain",)),
    "postgresql": Probe("postgresql_snapshot_info"),
    "postgresql_nodes": Probe("postgresql_nodes_info"),
    "postgresql_place": Probe("postgresql_place_info", needs=("postgresql",)),
    "postgresql_wal": Probe("postgresql_wal_info"),
    "queue": Probe("queue_snapshot_info"),
    "rate_limits": Probe("rate_limit_info"),
    "redis": Probe("redis_snapshot_info"),
    "redis_keys": Probe("redis_keys_info"),
    "restored_copy": Probe("restored_copy_info"),
    "rollback_check": Probe("rollback_check_info", needs=("workload",)),
    "smoke": Probe("smoke_info"),
    "target": Probe("release_target_info", needs=("workload",)),
    "telegram": Probe("bot_info", needs=("history",)),
    "traffic": Probe("traffic_info"),
    "wallet": Probe("wallet_info", needs=("chain",)),
    "workload": Probe("workload_info", again=True),
}
# Read through other hosts than the service's own, by tasks that are delegated to them.
ELSEWHERE = ("dependencies",)


def probe(name: str) -> Probe:
    if name not in PROBES:
        raise InputError(
            f"probes: got '{name}'; allowed are {', '.join(PROBES)}; for example probes: [workload, health]"
        )
    return PROBES[name]
