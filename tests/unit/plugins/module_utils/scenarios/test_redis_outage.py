# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a Redis that does not serve: what looks alike is told apart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    instance,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    refused as not_read,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    redis_outage as scenario,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.redis_readings import (
    INPUTS,
    client,
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    NOW,
    workload,
)

CHECKS = ("redis_access", "redis_role", "redis_persistence", "redis_clients", "redis_latency")
STOPPED = workload(instance("redis", "stopped"))
RUNS = workload(instance("redis", "running"))
FOREIGN = not_read("external", "elsewhere", "not_managed", "somebody else runs it")
FULL = {
    "connected": 20,
    "endable": [client(n) for n in range(1, 8)],
    "kept": {"own": 1, "young": 12},
}
RESTARTED = {"action": "restart_server", "incident": "INC-1", "status": "made"}


def planned(
    given: dict[str, Any],
    platform: dict[str, Any] | None = None,
    approved: bool = False,
    changes: tuple[dict[str, Any], ...] = (),
    **inputs: Any,
) -> list[dict[str, Any]]:
    values = {**INPUTS, **inputs}
    history = {"now": NOW, "changes": list(changes), "open": []}
    readings = {"redis": given, "workload": platform or RUNS, "history": history}
    found = grading.grade(CHECKS, readings, values, "cache")
    catalog = {"kind": "redis", "platform": "command"}
    situation = Situation("cache", catalog, found, readings, values, lambda _action: approved)
    return decide(scenario.plan(situation), scenario.ACTIONS, "safe", lambda _action: approved)


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["action"], entry["status"]) for entry in entries]


@pytest.mark.parametrize(
    ("given", "platform", "expected"),
    [
        (reading(), RUNS, []),
        (refused("refused"), STOPPED, [("start_service", "planned")]),
        (refused("refused"), RUNS, [("restart_server", "needs_approval")]),
        (refused("timeout"), RUNS, [("restart_server", "needs_approval")]),
        (refused("timeout"), FOREIGN, [("restart_server", "refused")]),
        (refused("reset"), workload(instance("redis", "paused")), [("restart_server", "refused")]),
        (refused("auth_failed"), RUNS, [("restart_server", "refused")]),
        (refused("auth_failed"), STOPPED, [("restart_server", "refused")]),
        (refused("loading", persistence={"loading": 1}), RUNS, [("restart_server", "refused")]),
        (refused("no_permission"), RUNS, [("restart_server", "refused")]),
        (refused("protected_mode"), RUNS, [("restart_server", "refused")]),
        (
            reading(role={"role": "slave", "master_link_status": "up"}),
            RUNS,
            [("restart_server", "refused")],
        ),
        (
            refused("replica_link_down", role={"role": "slave"}),
            RUNS,
            [("restart_server", "refused")],
        ),
        # Where the server was not reached at all, nothing is known that could be acted on.
        (refused("dns_failure"), RUNS, []),
        (refused("tls_failed"), RUNS, []),
        (refused("client_missing"), RUNS, []),
        (refused("unreachable"), RUNS, []),
        (refused("unreachable"), STOPPED, [("start_service", "planned")]),
        (refused("busy_script"), RUNS, [("kill_script", "planned")]),
        (refused("busy_function"), RUNS, [("kill_script", "planned")]),
        (reading(persistence={"rdb_last_bgsave_status": "err"}), RUNS, [("save_again", "planned")]),
        (
            refused("save_failing", persistence={"rdb_last_bgsave_status": "err"}),
            RUNS,
            [("save_again", "planned")],
        ),
        (
            reading(persistence={"aof_enabled": 1, "aof_last_write_status": "err"}),
            RUNS,
            [("save_again", "refused")],
        ),
        (reading(clients=FULL), RUNS, [("end_clients", "planned")]),
        (reading(clients={**FULL, "endable": []}), RUNS, [("end_clients", "refused")]),
        (
            reading(clients={**FULL, "listed": False, "endable": []}),
            RUNS,
            [("end_clients", "refused")],
        ),
        (
            refused("max_clients"),
            RUNS,
            [("end_clients", "refused"), ("restart_server", "needs_approval")],
        ),
        (reading(latency={"high_ms": 500.0}), RUNS, []),
    ],
)
def test_plans(
    given: dict[str, Any], platform: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert told(planned(given, platform)) == expected


def test_an_approval_restarts_only_what_hangs() -> None:
    assert told(planned(refused("timeout"), approved=True)) == [("restart_server", "planned")]
    assert told(planned(refused("auth_failed"), approved=True)) == [("restart_server", "refused")]


def test_it_is_restarted_once_within_an_hour() -> None:
    (entry,) = planned(refused("timeout"), approved=True, changes=(RESTARTED,))
    assert (entry["status"], "max_restarts=1 is the cap" in entry["why"]) == ("refused", True)


@pytest.mark.parametrize(
    ("inputs", "ids", "why"),
    [
        ({}, [1, 2, 3, 4, 5], ""),
        ({"warn_percent": 94}, [1, 2], ""),
        ({"max_end": 3}, [1, 2, 3], "max_end=3 is the cap"),
        ({"warn_percent": 50}, [1, 2, 3, 4, 5, 6, 7], "no more of them may be ended"),
    ],
)
def test_only_as_many_are_ended_as_are_needed(
    inputs: dict[str, Any], ids: list[int], why: str
) -> None:
    (entry,) = planned(reading(clients=FULL), **inputs)
    assert [one["id"] for one in entry["parameters"]["clients"]] == ids
    assert why in entry["why"]


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"own": 1, "young": 19}, "add -e idle_seconds=SECONDS"),
        ({"own": 1, "blocked": 15, "young": 4}, "never ended (15 blocked)"),
    ],
)
def test_why_none_is_ended(kept: dict[str, int], said: str) -> None:
    (entry,) = planned(reading(clients={**FULL, "endable": [], "kept": kept}))
    assert said in entry["why"]
