# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which playbook is for what."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import catalog, grading
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.triage import ranking, symptoms

# Those that the design names; a playbook that nobody will ever write must not be suggested.
DESIGNED = {
    "triage", "service_outage", "api_unavailable", "performance_degradation", "high_load", "high_memory",
    "rate_limiting", "web_outage", "gateway_outage", "network_degradation", "bad_deployment", "deploy_hotfix",
    "smoke_test", "watch", "pause_processing", "scale_emergency", "drain_traffic", "maintenance_mode",
    "capture_state", "db_connection_exhausted", "db_slow_queries", "db_outage", "db_failover", "data_corruption",
    "disk_full", "redis_outage", "redis_memory_full", "queue_backed_up", "backup_check", "payment_failure",
    "bot_malfunction", "webhook_failures", "indexer_lagging", "rpc_outage", "security_incident",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "playbook"),
    [
        ("ServiceDown", "service_outage"),
        ("HighDatabaseConnections", "db_connection_exhausted"),
        ("DatabaseDown", "db_outage"),
        ("LowRedisHitRate", "redis_memory_full"),
        ("RedisDown", "redis_outage"),
        ("HighResponseTime", "performance_degradation"),
        ("NetworkLatency", "network_degradation"),
        ("HighErrorRate", "api_unavailable"),
        ("HighMemoryUsage", "high_memory"),
        ("HighCpuUsage", "high_load"),
        ("LowDiskSpace", "disk_full"),
    ],
)
def test_alerts(name: str, playbook: str) -> None:
    assert symptoms.for_alert(name)[0] == playbook


@pytest.mark.parametrize("name", ["ServiceDwn", "servicedown", "X", "password=hunter2"])
def test_an_unknown_alert_is_one_clear_line(name: str) -> None:
    with pytest.raises(
        InputError, match=r"^alert: unknown alert .*; for example -e alert="
    ) as caught:
        symptoms.for_alert(name)
    assert "hunter2" not in str(caught.value) and "\n" not in str(caught.value)


def test_the_nearest_alert_is_named() -> None:
    with pytest.raises(InputError, match="did you mean ServiceDown"):
        symptoms.for_alert("ServiceDwn")


@pytest.mark.parametrize(
    ("text", "playbook"),
    [
        ("FATAL: remaining connection slots are reserved", "db_connection_exhausted"),
        ("sorry, too many clients already", "db_connection_exhausted"),
        ("API answers 503", "api_unavailable"),
        ("502 Bad Gateway", "gateway_outage"),
        ("429 from everybody", "rate_limiting"),
        ("the site is slow", "performance_degradation"),
        ("No space left on device", "disk_full"),
        ("pods OOM killed", "high_memory"),
        ("redis is full and evicts", "redis_memory_full"),
        ("Redis down", "redis_outage"),
        ("database down", "db_outage"),
        ("deadlock detected", "db_slow_queries"),
        ("the primary is gone", "db_failover"),
        ("split-brain after the network came back", "db_failover"),
        ("archive_command failed", "backup_check"),
        ("somebody dropped a table; dropped table orders", "data_corruption"),
        ("the email queue grows", "queue_backed_up"),
        ("Telegram bot is silent", "bot_malfunction"),
        ("payouts stuck", "payment_failure"),
        ("indexer 200 blocks behind", "indexer_lagging"),
        ("certificate expired", "web_outage"),
        ("errors since the last deploy", "bad_deployment"),
        ("everything is down", "service_outage"),
    ],
)
def test_symptoms(text: str, playbook: str) -> None:
    assert symptoms.for_symptom(text)[0] == playbook


def test_a_symptom_that_says_nothing() -> None:
    with pytest.raises(InputError, match=r"^symptom: nothing is known of 'hm'"):
        symptoms.for_symptom("hm")


@pytest.mark.parametrize(
    ("check", "reason", "kind", "deployed", "playbook"),
    [
        ("postgresql_access", "refused", "postgresql", False, "db_outage"),
        ("postgresql_access", "slots_reserved", "postgresql", False, "db_connection_exhausted"),
        ("postgresql_access", "auth_failed", "postgresql", False, "capture_state"),
        ("postgresql_connections", "idle_sessions", "postgresql", False, "db_connection_exhausted"),
        ("workload", "stopped", "http", False, "service_outage"),
        ("workload", "stopped", "postgresql", False, "service_outage"),
        ("workload", "crash_loop", "http", True, "bad_deployment"),
        ("workload", "crash_loop", "http", False, "api_unavailable"),
        ("workload", "oom_killed", "http", True, "high_memory"),
        ("workload", "masked_by_operator", "http", False, "capture_state"),
        ("workload", "image_pull", "worker", False, "bad_deployment"),
        ("health", "timeout", "http", False, "api_unavailable"),
        ("health", "timeout", "proxy", False, "gateway_outage"),
        ("health", "timeout", "worker", False, "service_outage"),
        ("health", "wrong_status", "http", True, "bad_deployment"),
        ("health", "tls_expired", "http", True, "web_outage"),
        ("resources", "disk_full", "postgresql", False, "disk_full"),
        ("postgresql_blocking", "blocking_active", "postgresql", False, "db_slow_queries"),
        ("redis_access", "refused", "redis", False, "redis_outage"),
        ("redis_access", "auth_failed", "redis", False, "capture_state"),
        ("redis_memory", "full", "redis", False, "redis_memory_full"),
        ("health", "command_failed", "bot", False, "bot_malfunction"),
    ],
)
def test_findings(check: str, reason: str, kind: str, deployed: bool, playbook: str) -> None:
    assert symptoms.for_finding(check, reason, kind, deployed)[0] == playbook


def test_everything_ends_in_something_to_run() -> None:
    for name in ranking.CHECKS:
        for reason in grading.check(name).REASONS:
            for kind in catalog.KINDS:
                chosen = symptoms.for_finding(name, reason, kind, True)
                assert chosen[-1] == "capture_state"
                assert set(chosen) <= DESIGNED


def test_only_designed_playbooks_are_suggested() -> None:
    for playbooks in (*symptoms.ALERTS.values(), *(each for _words, each in symptoms.SYMPTOMS)):
        assert set(playbooks) <= DESIGNED
