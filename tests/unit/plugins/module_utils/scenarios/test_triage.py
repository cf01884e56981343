# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is judged of a service of each kind, and what its findings call for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import certificate
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import triage
from ansible_collections.oncall.runbooks.plugins.module_utils.triage import kinds

DB = [
    "postgresql_access",
    "postgresql_blocking",
    "postgresql_connections",
    "postgresql_pooler",
]
QUEUE = ["queue_access", "queue_workers", "queue_backlog", "queue_failed"]
VIA = {"postgresql": {"via": "exec"}}
EXEC = {"redis": {"via": "exec"}}
READ = {"refused": None}
REDIS = {"redis": READ, "redis_keys": READ}
UNREAD = {"unread": "no password"}


@pytest.mark.parametrize(
    ("entry", "readings", "expected"),
    [
        ({"kind": "postgresql", **VIA}, {"postgresql": {"document": 1}}, DB),
        ({"kind": "postgresql", **VIA}, {}, DB[:1]),
        ({"kind": "postgresql", **VIA}, {"postgresql": UNREAD}, DB[:1]),
        ({"kind": "postgresql"}, {}, []),
        ({"kind": "redis", **EXEC}, REDIS, ["redis_access", "redis_memory"]),
        ({"kind": "redis", **EXEC}, {"redis": UNREAD}, ["redis_access"]),
        ({"kind": "redis"}, {}, []),
        ({"kind": "redis", "health": {"url": "x"}}, {}, ["health", "certificate"]),
        ({"kind": "queue", "queue": {"redis": "cache"}}, {"queue": READ}, QUEUE),
        ({"kind": "queue", "queue": {"redis": "cache"}}, {"queue": UNREAD}, QUEUE[:1]),
        ({"kind": "bot", "telegram": {"url": "x"}}, {"telegram": READ}, ["bot_api", "bot_webhook"]),
        ({"kind": "bot"}, {}, []),
        (
            {"kind": "wallet", "wallet": {"network": "mainnet"}},
            {"chain": READ, "wallet": READ},
            ["chain_nodes", "wallets"],
        ),
        # What was read is judged; the reason why the rest was not is told once.
        (
            {"kind": "indexer", "indexer": {"height": {}}},
            {"chain": {"nodes": []}, "indexer": UNREAD},
            ["rpc_in_use", "indexer_lag"],
        ),
        (
            {"kind": "indexer", "indexer": {"height": {}}},
            {"chain": UNREAD, "indexer": UNREAD},
            ["rpc_in_use"],
        ),
        ({"kind": "http", "platform": "systemd"}, {}, ["workload"]),
    ],
)
def test_checks(entry: dict[str, Any], readings: dict[str, Any], expected: list[str]) -> None:
    assert triage.checks({"platform": "external", **entry}, readings) == expected


def test_where_a_queue_is_kept_and_a_chain_is_asked_is_needed_too() -> None:
    entry = {"queue": {"redis": "cache"}, "rpc": {"nodes": ["node", "spare"]}}
    assert kinds.needs(entry) == ["cache", "node", "spare"]
    assert kinds.needs({"depends_on": ["db", "cache"], **entry}) == ["db", "cache", "node", "spare"]
    assert kinds.needs({"kind": "http"}) == []


def test_every_check_of_a_kind_has_its_probe() -> None:
    for name, kind in kinds.KINDS.items():
        probes = kind.probes or (name,)
        assert {grading.check(one).PROBE for one in kind.checks} <= {*probes, "redis_keys"}


@pytest.mark.parametrize(
    ("left", "severity", "reason"),
    [(13.9, "warn", "ends_soon"), (14.1, "ok", "ok"), (0.5, "warn", "ends_soon")],
)
def test_a_certificate_that_ends(left: float, severity: str, reason: str) -> None:
    reading = {"target": "https://shop.example.org", "certificate_seconds": left * 86400}
    (found,) = certificate.grade(reading, {"certificate_days": 14})
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert found["value"] == int(left)


def test_without_tls_there_is_no_certificate() -> None:
    assert certificate.grade({"certificate_seconds": None}, {"certificate_days": 14}) == []


def test_what_could_not_be_read_is_unknown_and_says_why() -> None:
    (found,) = grading.grade(["redis_access"], {"redis": UNREAD}, {}, "cache")
    assert (found["severity"], found["reason"]) == ("unknown", "not_read")
    assert found["summary"] == "no password"
