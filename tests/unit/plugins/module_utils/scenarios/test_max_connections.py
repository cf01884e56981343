# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Raising max_connections: each thing that must hold before, and what is said where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    db_connection_exhausted as scenario,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import max_connections
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    INPUTS,
    Document,
    active,
    document,
    reading,
    refused,
)

Entry = dict[str, Any]
FOUND = {"check": "postgresql_connections", "reason": "active_load"}
POSTGRESQL = {"admin": {"via": "exec", "user": "postgres"}}
CATALOG: dict[str, Any] = {
    "platform": "command",
    "command": {"restart": ["pg_ctl", "restart"]},
    "postgresql": POSTGRESQL,
}
STANDBY = {"application_name": "db-replica-1", "client_addr": "10.0.0.9"}
MEMORY = {"available_bytes": 8 * 2**30}
SOUND = {"errors": [], "memory": MEMORY}
BROKEN = {
    "sourcefile": "/etc/postgresql/conf.d/x.conf",
    "sourceline": 3,
    "name": "shared_buffers",
    "error": "invalid value",
}


def raised(
    found: Document | None = None,
    catalog: dict[str, Any] | None = None,
    target: int | None = None,
    enough: bool = False,
    configuration: dict[str, Any] | None = None,
) -> Entry:
    given = reading(found or document(active(17)), configuration=configuration)
    inputs = {**INPUTS, "max_connections": target}
    situation = Situation(
        "db", catalog or CATALOG, [FOUND], {"postgresql": given}, inputs, lambda name: False
    )
    return max_connections.raise_entry(situation, FOUND, given, enough)


@pytest.mark.parametrize(
    ("current", "proposed"),
    [(4, 14), (10, 20), (20, 30), (50, 80), (100, 150), (115, 175), (200, 300), (1000, 1500)],
)
def test_proposal(current: int, proposed: int) -> None:
    assert max_connections.proposal(current) == proposed


@pytest.mark.parametrize("current", [1, 13, 99, 100, 101, 6666, 6667, 9000, 9999])
def test_a_proposal_is_one_that_may_be_given(current: int) -> None:
    (spec,) = (spec for spec in scenario.INPUTS if spec.name == "max_connections")
    assert spec.parse(max_connections.proposal(current)) > current


@pytest.mark.parametrize(
    ("found", "catalog", "target", "configuration", "why"),
    [
        # no raise
        (None, CATALOG, 20, None, "max_connections is 20 already; give a higher one, as"),
        (None, CATALOG, 10, None, "-e max_connections=30"),
        # ALTER SYSTEM cannot win
        (
            document(active(17), source="command line"), CATALOG, 40, None,
            "comes from the command line (postgres -c max_connections=20), where ALTER SYSTEM "
            "cannot win; by hand: write 40",
        ),
        # a standby first
        (
            document(active(17), standbys=[STANDBY]), CATALOG, 40, None,
            "a standby follows this server (db-replica-1)",
        ),
        (
            document(active(17), standbys=[{**STANDBY, "application_name": ""}]), CATALOG, 40, None,
            "a standby follows this server (10.0.0.9)",
        ),
        (
            None, {**CATALOG, "postgresql": {**POSTGRESQL, "standbys": ["db-r1", "db-r2"]}}, 40,
            None, "a standby follows this server (db-r1, db-r2)",
        ),
        # it would not start again
        (
            None, CATALOG, 40, {**SOUND, "errors": [BROKEN]},
            "the server would not start again: /etc/postgresql/conf.d/x.conf line 3, "
            "shared_buffers: invalid value",
        ),
        (
            None, CATALOG, 40, {"refused": refused("auth_failed", "no pg_hba.conf entry")},
            "the configuration files cannot be checked: no pg_hba.conf entry",
        ),
        # no memory for it: (40 - 20) x (10 MB + work_mem of 4 MB)
        (
            None, CATALOG, 40, {"errors": [], "memory": {"available_bytes": 279 * 2**20}},
            "40 connections may take 280 MB more and the server's host has 279 MB left",
        ),
        # nobody here can restart it
        (None, {**CATALOG, "platform": "external"}, 40, None, "platform external: nobody here can"),
        (None, {**CATALOG, "command": {}}, 40, None, "ALTER SYSTEM SET max_connections = 40"),
        (None, {**CATALOG, "command": {"restart": []}}, 40, None, "nobody here can restart"),
        (None, {"platform": "command", "postgresql": POSTGRESQL}, 40, None, "nobody here can"),
        (None, {**CATALOG, "command": None}, 40, None, "nobody here can restart"),
        (None, {**CATALOG, "postgresql": {}}, 40, None, "as a superuser"),
        (None, {**CATALOG, "postgresql": {"standbys": None}}, 40, None, "nobody here can"),
    ],
)  # fmt: skip
def test_refused(
    found: Document | None,
    catalog: dict[str, Any],
    target: int,
    configuration: dict[str, Any] | None,
    why: str,
) -> None:
    entry = raised(found, catalog, target, configuration=configuration)
    assert entry["status"] == "refused"
    assert why in entry["why"]


@pytest.mark.parametrize(
    ("target", "configuration"),
    [
        (None, None),
        (21, None),
        (40, SOUND),
        (40, {"errors": [], "memory": {"available_bytes": 280 * 2**20}}),
    ],
)
@pytest.mark.parametrize(("approved", "status"), [(False, "needs_approval"), (True, "planned")])
def test_what_is_possible_needs_approval(
    target: int | None, configuration: dict[str, Any] | None, approved: bool, status: str
) -> None:
    entry = raised(target=target, configuration=configuration)
    (judged,) = decide([entry], scenario.ACTIONS, "safe", lambda name: approved)
    assert judged["status"] == status
    assert judged["approve_with"] == (None if approved else "approve=raise_max_connections")


def test_the_advice_for_a_standby_can_be_followed() -> None:
    # After each standby was raised, a standby still follows: "run this again" would be refused.
    why = raised(document(active(17), standbys=[STANDBY]), target=40)["why"]
    assert "40 on each standby" in why
    assert "run this again" not in why


def test_the_command_line_is_told_before_all_that_cannot_help() -> None:
    found = document(active(17), source="command line", standbys=[STANDBY])
    assert "command line" in raised(found, {**CATALOG, "platform": "external"}, 40)["why"]


def test_enough_is_enough() -> None:
    entry = raised(enough=True, catalog={**CATALOG, "platform": "external"})
    assert (entry["status"], entry["why"]) == ("not_needed", "ending sessions is enough")


def test_entry() -> None:
    entry = raised(target=40)
    assert entry["summary"] == "raise max_connections from 20 to 40; it restarts the server"
    assert entry["before"] == {"max_connections": 20}
    assert entry["parameters"] == {"value": 40, "reset": False}
    undo = entry["undo"]["how"]
    assert (undo["action"], undo["parameters"]) == (
        "raise_max_connections",
        {"value": 20, "reset": True},
    )


@pytest.mark.parametrize(
    ("target", "work_mem_kb", "megabytes"), [(21, "4096", 14), (120, "4096", 1400), (21, "64", 10)]
)
def test_memory_needed(target: int, work_mem_kb: str, megabytes: int) -> None:
    found = document(active(17))
    found["settings"]["work_mem"]["setting"] = work_mem_kb
    assert max_connections.memory_needed(found, target) // 2**20 == megabytes
