# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions that are never ended, however long they do nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import ended

pytestmark = pytest.mark.slow
# Below 20 % are 3 of 17: all that may be ended would have to go.
ALL_MUST_GO = {"warn_percent": 20, "crit_percent": 40}
GUARDS: dict[str, Any] = {
    "app_roles": ["app", "replicator", "billing"],
    "protected_roles": ["billing"],
    "protected_applications": ["ledger"],
}
# What protects a session, and how it is opened.
PROTECTED: dict[str, dict[str, str]] = {
    "superuser": {"role": "postgres"},
    "replication": {"role": "replicator"},
    "protected_role": {"role": "billing"},
    "protected_application": {"application": "Ledger worker 3"},
    "backup": {"application": "pg_dump"},
    "not_app_role": {"role": "reporting"},
    "advisory_lock": {"state": "advisory lock"},
    "listening": {"state": "listening"},
    "work": {"state": "active"},
}


@pytest.fixture
def roles(role: Any) -> None:
    role("replicator", "REPLICATION")
    role("billing")
    role("reporting")


@pytest.mark.usefixtures("roles")
def test_protected_sessions_survive(drill: Any, crowd: Any) -> None:
    case = drill(**GUARDS).given(**ALL_MUST_GO)
    case.healthy()
    safe = {why: crowd.open(1, **how)[0] for why, how in PROTECTED.items()}
    app = crowd.open(8)
    crowd.age()

    planned = case.check("refused").planned("end_sessions")
    assert [session["pid"] for session in planned["parameters"]["sessions"]] == app
    assert "only 8 may be ended" in planned["why"]

    done = case.run()
    assert done.outcome == "unrecovered" and done.rc != 0
    assert ended(done) == app
    assert crowd.alive() == set(safe.values())

    again = case.unchanged()
    assert again.outcome == "refused"
    assert crowd.alive() == set(safe.values())


@pytest.mark.usefixtures("roles")
def test_only_sessions_of_the_named_roles_are_ended(drill: Any, crowd: Any) -> None:
    case = drill(app_roles=["reporting"])
    case.healthy()
    others = crowd.open(15)
    reporting = crowd.open(2, role="reporting")
    crowd.age()
    planned = case.check("refused").planned("end_sessions")["parameters"]["sessions"]
    assert [session["pid"] for session in planned] == reporting

    done = case.run()
    assert ended(done) == reporting
    assert crowd.alive() == set(others)
    assert case.unchanged().outcome == "refused"


@pytest.mark.usefixtures("roles")
def test_a_crowd_of_protected_sessions_is_named(drill: Any, crowd: Any) -> None:
    case = drill(**GUARDS)
    case.healthy()
    crowd.open(role="billing")
    crowd.age()
    done = case.refused()
    assert done.finding("postgresql_connections")["reason"] == "protected_sessions"
    assert "17 protected role" in done.report["next_step"]
