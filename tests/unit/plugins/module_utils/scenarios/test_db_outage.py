# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a database that does not serve: only what is down is started."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import reading as platforms
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import place
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    db_outage as scenario,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    change,
    history,
)

CHECKS = ("postgresql_access", "postgresql_place", "workload", "history", "postgresql_migrations")
INPUTS = {"grace_seconds": 300, "max_restarts": 1}
FULL = {"mount": "/data", "free_bytes": 0, "inodes_percent": 5, "read_only": False}
UP = platforms.reading("systemd", "x", desired=1, instances=[platforms.instance("db", "running")])
DOWN = platforms.reading("systemd", "x", desired=1, instances=[platforms.instance("db", "stopped")])
MASKED = platforms.reading(
    "systemd", "x", desired=1, instances=[platforms.instance("db", "stopped")],
    conditions=[platforms.condition("masked_by_operator", "it is masked")],
)  # fmt: skip
BLIND = platforms.refused("systemd", "x", "host_unreachable", "no answer")
FOREIGN = platforms.refused("external", "x", "not_managed", "somebody else runs it")
FAST = {**UP, "obstacles": {"restart": "the catalog has no command.restart"}}


def planned(
    why: str,
    seen: str,
    workload: Any,
    platform: str = "systemd",
    *,
    approved: bool = False,
    **more: Any,
) -> list[dict[str, Any]]:
    speaks = why not in ("refused", "timeout", "unreachable", "dns_failure", "reset")
    looked = {
        **place.parsed(seen), "refused": None, "filesystems": [], "speaks": speaks, "migrations": None,
        **more.get("place", {}),
    }  # fmt: skip
    readings = {
        "postgresql": reading(None, refused={"normal": refused(why, f"it is {why}")}),
        "postgresql_place": looked,
        "workload": workload,
        "history": history(*more.get("changes", [])),
    }
    found = grading.grade(CHECKS, readings, INPUTS, "db")
    catalog = {"kind": "postgresql", "platform": platform, "postgresql": {"port": 5433}}
    situation = Situation("db", catalog, found, readings, INPUTS, lambda a: approved)
    return decide(scenario.plan(situation), scenario.ACTIONS, "safe", lambda a: approved)


@pytest.mark.parametrize(
    ("why", "seen", "workload", "action", "status", "said"),
    [
        # down, as its platform says
        ("refused", "ready 2\n", DOWN, "start_service", "planned", ""),
        ("unreachable", "", DOWN, "start_service", "planned", ""),
        ("refused", "ready 2\n", MASKED, "start_service", "refused", "somebody decided that"),
        # it runs, they say, and there is nobody
        ("refused", "ready 2\n", UP, "restart_server", "needs_approval", "disruptive"),
        ("timeout", "ready 2\nserver 7 S\n", UP, "restart_server", "needs_approval", "disruptive"),
        ("timeout", "ready 2\nserver 7 T\n", FAST, "restart_server", "refused", "no command.restart"),
        # whoever was asked for its status took it for gone
        ("timeout", "ready 2\nserver 7 S\n", DOWN, "restart_server", "needs_approval", "disruptive"),
        # only from here
        ("refused", "ready 0\nserver 7 S\n", UP, "restart_server", "refused", "look at the network"),
        ("timeout", "ready 0\n", UP, "restart_server", "refused", "look at the network"),
        ("dns_failure", "ready 0\n", UP, "restart_server", "refused", "look at the network"),
        ("timeout", "ready 0\nserver 7 S\nconfig bad\n", UP, "restart_server", "refused", "look at the network"),
        # nobody could look there
        ("timeout", "", UP, "restart_server", "refused", "look there by hand"),
        ("timeout", "", BLIND, "restart_server", "refused", "cannot be read or changed from here"),
        # on its way
        ("timeout", "ready 1\nserver 7 S\n", UP, "restart_server", "refused", "wait for it"),
        ("starting_up", "", UP, "restart_server", "refused", "only begin that anew"),
        ("recovering", "", UP, "restart_server", "refused", "only begin that anew"),
        ("shutting_down", "", UP, "restart_server", "refused", "only begin that anew"),
        ("slots_reserved", "", UP, "restart_server", "refused", "db_connection_exhausted.yml -e service=db"),
        ("refused", "ready 2\nconfig invalid\n", DOWN, "start_service", "refused", "mend the file"),
    ],
)  # fmt: skip
def test_planned(why: str, seen: str, workload: Any, action: str, status: str, said: str) -> None:
    (entry,) = planned(why, seen, workload)
    assert (entry["action"], entry["status"]) == (action, status)
    assert said in entry["why"]


@pytest.mark.parametrize(
    "why", ["auth_failed", "database_missing", "tls_failed", "client_missing", "server_refused", "unknown"]
)  # fmt: skip
def test_what_it_says_is_no_outage(why: str) -> None:
    for workload in (UP, DOWN, BLIND):
        assert planned(why, "", workload, approved=True) == []


def test_an_approval_lets_a_hung_one_be_restarted_once() -> None:
    (entry,) = planned("timeout", "ready 2\nserver 7 S\n", UP, approved=True)
    assert entry["status"] == "planned"
    (again,) = planned(
        "timeout", "ready 2\nserver 7 S\n", UP, approved=True, changes=[change("restart_server")]
    )
    assert again["status"] == "refused" and "max_restarts=1" in again["why"]


def test_a_full_disk_comes_first() -> None:
    (entry,) = planned("refused", "ready 2\n", DOWN, place={"filesystems": [FULL]})
    assert entry["status"] == "refused"
    assert "/data is full" in entry["why"] and "never by deleting WAL" in entry["why"]


def test_somebody_elses_server_is_told_by_hand() -> None:
    told = place.nothing("not_managed", "nobody here can ask")
    (entry,) = planned("refused", "", FOREIGN, "external", approved=True, place=told)
    assert entry["status"] == "refused" and "pg_isready -p 5433" in entry["why"]


@pytest.mark.parametrize(
    ("check", "reason", "waits"),
    [
        ("postgresql_access", "starting_up", True),
        ("postgresql_access", "recovering", True),
        ("postgresql_access", "shutting_down", True),
        ("postgresql_place", "rejecting", True),
        ("postgresql_access", "refused", False),
        ("postgresql_access", "slots_reserved", False),
        ("postgresql_place", "hung", False),
        ("workload", "starting", False),
        ("postgresql_access", "ok", False),
    ],
)
def test_what_is_waited_for(check: str, reason: str, waits: bool) -> None:
    assert scenario.coming_back([{"check": check, "reason": reason}]) is waits
