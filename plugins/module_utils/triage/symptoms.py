# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which playbook is for what: for a finding, for an alert's name, for a symptom in a person's words.

The best playbook first; who suggests one takes the first that is there and is for that kind of service.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, shown

Playbooks = tuple[str, ...]

ALERTS: Mapping[str, Playbooks] = {
    "ServiceDown": ("service_outage",),
    "HighDatabaseConnections": ("db_connection_exhausted",),
    "DatabaseDown": ("db_outage",),
    "LowRedisHitRate": ("redis_memory_full",),
    "RedisDown": ("redis_outage",),
    "HighResponseTime": ("performance_degradation",),
    "NetworkLatency": ("network_degradation",),
    "HighErrorRate": ("api_unavailable", "bad_deployment"),
    "HighMemoryUsage": ("high_memory",),
    "HighCpuUsage": ("high_load",),
    "LowDiskSpace": ("disk_full",),
    "BotDown": ("bot_malfunction",),
    "TelegramWebhookErrors": ("bot_malfunction",),
}

# Words of a symptom, without regard to case; the first line that fits wins.
SYMPTOMS: tuple[tuple[str, Playbooks], ...] = (
    (r"connection slots|too many (clients|connections)|pool (timeout|exhausted)", ("db_connection_exhausted",)),
    (r"certificate|tls|https", ("web_outage",)),
    (r"rate.?limit|\b429\b", ("rate_limiting",)),
    (r"telegram|\bbot\b.*webhook|webhook.*\bbot\b", ("bot_malfunction",)),
    (r"webhook", ("webhook_failures", "bot_malfunction")),
    (r"\bbot\b", ("bot_malfunction",)),
    (r"payment|payout|transaction|wallet", ("payment_failure",)),
    (r"index(er|ing)|blocks behind", ("indexer_lagging",)),
    (r"\brpc\b|oracle|chain node", ("rpc_outage",)),
    (r"queue|jobs|backlog", ("queue_backed_up",)),
    (r"disk|no space|inodes", ("disk_full",)),
    (r"out of memory|\boom\b|memory", ("high_memory",)),
    (r"(redis|cache).*(full|evict|hit rate)", ("redis_memory_full",)),
    (r"redis|cache", ("redis_outage",)),
    (r"corrupt|checksum|wrong data|dropped table", ("data_corruption",)),
    (r"backup|restore|archive_command", ("backup_check",)),
    (r"fail.?over|split.?brain|primary (is )?(gone|dead|lost)", ("db_failover",)),
    (r"slow quer|deadlock|\blocks?\b", ("db_slow_queries",)),
    (r"database|postgres|wraparound", ("db_outage",)),
    (r"breach|intrusion|leaked|attack", ("security_incident",)),
    (r"deploy|release|rollout", ("bad_deployment",)),
    (r"gateway|\b50[24]\b", ("gateway_outage", "api_unavailable")),
    (r"\b50[03]\b|api|unavailable", ("api_unavailable",)),
    (r"dns|network|packet|latency", ("network_degradation",)),
    (r"traffic|cpu|load|overload", ("high_load",)),
    (r"slow|response time|time.?out", ("performance_degradation",)),
    (r"site|web ?page|front.?end", ("web_outage",)),
    (r"down|outage|unreachable", ("service_outage",)),
)  # fmt: skip

# What a check's reason calls for, whatever kind of service it is about.
REASONS: Mapping[tuple[str, str], Playbooks] = {
    ("postgresql_access", "slots_reserved"): ("db_connection_exhausted",),
    ("postgresql_replication", "wal_archiving_failing"): ("backup_check",),
    ("workload", "image_pull"): ("bad_deployment",),
    ("workload", "progress_deadline_exceeded"): ("bad_deployment",),
    ("workload", "oom_killed"): ("high_memory", "api_unavailable"),
    ("workload", "node_not_ready"): ("drain_traffic",),
    ("workload", "host_unreachable"): ("network_degradation",),
    ("health", "host_unreachable"): ("network_degradation",),
    ("health", "dns_failure"): ("network_degradation",),
    ("health", "tls_expired"): ("web_outage",),
    ("health", "tls_failed"): ("web_outage",),
    ("resources", "disk_full"): ("disk_full",),
    ("resources", "inodes_exhausted"): ("disk_full",),
    ("resources", "read_only"): ("disk_full",),
    ("resources", "memory_low"): ("high_memory",),
    ("resources", "overloaded"): ("high_load",),
    ("resources", "host_unreachable"): ("network_degradation",),
}
CHECKS: Mapping[str, Playbooks] = {
    "postgresql_access": ("db_outage",),
    "postgresql_connections": ("db_connection_exhausted",),
    "postgresql_pooler": ("db_connection_exhausted",),
    "postgresql_blocking": ("db_slow_queries",),
    "postgresql_statements": ("db_slow_queries",),
    "postgresql_nodes": ("db_failover",),
    "postgresql_wraparound": ("db_outage",),
    "postgresql_archiving": ("backup_check",),
    "redis_access": ("redis_outage",),
    "redis_memory": ("redis_memory_full",),
    "backup": ("backup_check",),
    "integrity": ("data_corruption",),
    "wallets": ("payment_failure",),
    "payments": ("payment_failure",),
    "rpc_in_use": ("rpc_outage",),
    "indexer_lag": ("indexer_lagging",),
    "queue_access": ("queue_backed_up",),
    "queue_workers": ("queue_backed_up",),
    "queue_backlog": ("queue_backed_up",),
    "queue_failed": ("queue_backed_up",),
    "bot_api": ("bot_malfunction",),
    "bot_webhook": ("bot_malfunction",),
}
# What a kind of service calls for that does not run, or does not answer.
KINDS: Mapping[str, Playbooks] = {
    "postgresql": ("db_outage",),
    "redis": ("redis_outage",),
    "queue": ("queue_backed_up",),
    "http": ("api_unavailable",),
    "proxy": ("gateway_outage",),
    "bot": ("bot_malfunction",),
    "wallet": ("payment_failure",),
    "chain_node": ("rpc_outage",),
    "indexer": ("indexer_lagging",),
}
AFTER_DEPLOYMENT: Playbooks = ("bad_deployment",)
# For what has no playbook of its own: start it in order, else keep what is known.
LAST: Playbooks = ("service_outage", "capture_state")
# A workload that somebody stopped is started again, not repaired.
NOT_RUNNING = ("stopped", "missing")
# Somebody holds it on purpose, or has to let us in: nothing to run but what keeps the evidence.
BY_HAND = (
    "masked_by_operator",
    "paused_by_operator",
    "paused",
    "stopped_by_operator",
    "auth_failed",
    "forbidden",
    "insufficient_privilege",
    "client_missing",
    "apiserver_unavailable",
    "container_runtime_unavailable",
    "not_read",
    "ends_soon",
)


def for_finding(check: str, reason: str, kind: str, deployed: bool) -> Playbooks:
    """The playbooks for a finding, the best first."""
    if reason in BY_HAND:
        return ("capture_state",)
    own = REASONS.get((check, reason)) or CHECKS.get(check)
    if own:
        return (*own, *LAST)
    by_kind = KINDS.get(kind, ())
    if deployed:
        return (*AFTER_DEPLOYMENT, *by_kind, *LAST)
    return (*LAST[:1], *by_kind, *LAST[1:]) if reason in NOT_RUNNING else (*by_kind, *LAST)


def for_alert(name: str) -> Playbooks:
    if name in ALERTS:
        return ALERTS[name]
    close = difflib.get_close_matches(name, ALERTS, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}? " if close else ""
    raise InputError(
        f"alert: unknown alert {shown('alert', name)}; {hint}known are {', '.join(ALERTS)}; "
        "for example -e alert=ServiceDown"
    )


def for_symptom(text: str) -> Playbooks:
    for pattern, playbooks in SYMPTOMS:
        if re.search(pattern, text, re.IGNORECASE):
            return playbooks
    raise InputError(
        f"symptom: nothing is known of {shown('symptom', text)}; allowed is what is seen, in words as slow, 503, "
        "database down, disk full; for example -e symptom=503, or leave it out"
    )
