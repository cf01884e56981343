# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a full server: sessions that do nothing are ended, work never is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    db_connection_exhausted as scenario,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import thresholds
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    INPUTS,
    Reading,
    Some,
    active,
    document,
    idle,
    idle_in_transaction,
    locked_out,
    reading,
    refused,
)

Entry = dict[str, Any]
CHECKS = ("postgresql_access", "postgresql_connections", "postgresql_pooler")
EXTERNAL: dict[str, Any] = {"platform": "external", "postgresql": {"app_roles": ["app"]}}
RESTARTABLE: dict[str, Any] = {
    "platform": "command",
    "command": {"restart": ["pg_ctl", "restart"]},
    "postgresql": {"app_roles": ["app"], "admin": {"via": "exec", "user": "postgres"}},
}
SUPERUSER: dict[str, Any] = {"protected": "superuser", "role": "postgres", "application": "psql"}
REPORTS: dict[str, Any] = {"protected": "not_app_role", "role": "reports", "application": "bi"}


def situation(given: Reading, catalog: dict[str, Any] | None = None, **inputs: Any) -> Situation:
    values = {**INPUTS, **inputs}
    readings = {"postgresql": given}
    found = grading.grade(CHECKS, readings, values, "db")
    return Situation("db", catalog or EXTERNAL, found, readings, values, lambda action: False)


def planned(given: Reading, catalog: dict[str, Any] | None = None, **inputs: Any) -> list[Entry]:
    entries = scenario.plan(situation(given, catalog, **inputs))
    return decide(entries, scenario.ACTIONS, "safe", lambda action: False)


def statuses(entries: list[Entry]) -> dict[str, str]:
    return {entry["action"]: entry["status"] for entry in entries}


def states_ended(entry: Entry, given: Reading) -> list[str]:
    listed = {session["pid"]: session for session in given["document"]["sessions"]["endable"]}
    return [listed[session["pid"]]["state"] for session in entry["parameters"]["sessions"]]


@pytest.mark.parametrize(
    ("sorts", "inputs", "ended", "raise_status"),
    [
        # only as many as bring 17 of 17 under 80 %: 13 are left
        ([idle(17)], {}, ["idle"] * 4, "not_needed"),
        ([idle(14)], {}, ["idle"], "not_needed"),
        ([idle(13), active(4)], {}, ["idle"] * 4, "not_needed"),
        # idle in transaction first, as they hold locks
        ([idle_in_transaction(17)], {}, ["idle in transaction"] * 4, "not_needed"),
        (
            [idle(6), idle_in_transaction(2), active(9)], {},
            ["idle in transaction"] * 2 + ["idle"] * 2, "not_needed",
        ),
        # the young ones and the protected ones are left alone
        ([idle(6), idle(11, 60)], {}, ["idle"] * 4, "not_needed"),
        ([idle(6), idle(11, **SUPERUSER)], {}, ["idle"] * 4, "not_needed"),
        # not enough of them, or a cap: what is possible, and the raise is looked at
        ([idle(2), active(15)], {}, ["idle"] * 2, "needs_approval"),
        ([idle(17)], {"max_terminate": 1}, ["idle"], "needs_approval"),
        ([idle(17)], {"max_terminate": 4}, ["idle"] * 4, "not_needed"),
        # the thresholds are the inputs
        ([idle(17)], {"warn_percent": 50}, ["idle"] * 9, "not_needed"),
        ([idle(17)], {"warn_percent": 1}, ["idle"] * 17, "not_needed"),
    ],
)  # fmt: skip
def test_sessions_are_ended(
    sorts: list[Some], inputs: dict[str, Any], ended: list[str], raise_status: str
) -> None:
    given = reading(document(*sorts))
    entries = planned(given, RESTARTABLE, **inputs)
    assert statuses(entries) == {"end_sessions": "planned", "raise_max_connections": raise_status}
    assert states_ended(entries[0], given) == ended
    assert entries[0]["undo"] == scenario.NO_WAY_BACK
    assert entries[0]["parameters"]["enough"] is (raise_status == "not_needed")


def test_the_oldest_first() -> None:
    given = reading(document(idle(9, 400), idle(8, 4000)))
    listed = {session["pid"]: session for session in given["document"]["sessions"]["endable"]}
    chosen = planned(given)[0]["parameters"]["sessions"]
    assert [listed[session["pid"]]["state_s"] for session in chosen] == [4000] * 4
    assert all(set(session) == {"pid", "backend_start"} for session in chosen)


@pytest.mark.parametrize(
    ("sorts", "inputs", "summary", "why"),
    [
        (
            [idle(14), idle_in_transaction(3)], {},
            "end 4 sessions (3 idle in transaction, 1 idle), oldest first; 4 bring it under 80 %",
            "safe changes need no approval here",
        ),
        (
            [idle(14)], {},
            "end 1 session (1 idle), oldest first; 1 bring it under 80 %",
            "safe changes need no approval here",
        ),
        (
            [idle(17)], {"max_terminate": 2},
            "end 2 sessions (2 idle), oldest first; 4 bring it under 80 %",
            "4 sessions would have to go, but max_terminate=2 is the cap",
        ),
        (
            [idle(2), active(15)], {},
            "end 2 sessions (2 idle), oldest first; 4 bring it under 80 %",
            "4 sessions would have to go, but only 2 may be ended",
        ),
    ],
)  # fmt: skip
def test_it_says_what_it_would_do(
    sorts: list[Some], inputs: dict[str, Any], summary: str, why: str
) -> None:
    entry = planned(reading(document(*sorts)), **inputs)[0]
    assert (entry["summary"], entry["why"]) == (summary, why)
    assert entry["before"] == {"used": sum(sort.count for sort in sorts), "slots": 17}


@pytest.mark.parametrize(
    ("sorts", "status", "why"),
    [
        # work is never ended
        ([active(17)], "not_needed", "17 sessions at work; work is never ended"),
        ([active(17, 9999)], "not_needed", "17 sessions at work"),
        ([idle(17, 1)], "not_needed", "17 sessions at work"),
        ([active(17, **REPORTS)], "not_needed", "17 sessions at work"),
        # too young
        ([idle(17, 60)], "refused", "17 sessions idle, but none for idle_seconds=300 yet; "),
        ([idle(1, 60), active(16)], "refused", "1 session idle, but none for idle_seconds=300"),
        (
            [idle_in_transaction(17, 30)], "refused",
            "17 sessions idle in transaction, but none for idle_in_transaction_seconds=60 yet; ",
        ),
        # protected
        ([idle(17, **SUPERUSER)], "refused", "the idle sessions are protected (17 superuser)"),
        (
            [idle(9, **SUPERUSER), idle(8, **REPORTS)], "refused",
            "the idle sessions are protected (9 superuser, 8 not app role)",
        ),
        ([idle_in_transaction(17, **REPORTS)], "refused", "are protected (17 not app role)"),
        # some are young, and others protected: each is counted as what it is
        ([idle(5, 60), idle(12, **SUPERUSER)], "refused", "5 sessions idle, but none for"),
        ([idle(8, 60), active(9, **REPORTS)], "refused", "8 sessions idle, but none for"),
        ([idle(3, **SUPERUSER), active(14, **REPORTS)], "refused", "protected (3 superuser, 14 not app role)"),
    ],
)  # fmt: skip
def test_no_session_is_ended(sorts: list[Some], status: str, why: str) -> None:
    entry = planned(reading(document(*sorts)))[0]
    assert (entry["action"], entry["status"]) == ("end_sessions", status)
    assert why in entry["why"]
    assert entry["approve_with"] is None
    assert not entry["parameters"].get("sessions")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            reading(document(idle(3), hidden=14)),
            "14 sessions cannot be seen by oncall: GRANT pg_monitor TO oncall",
        ),
        (reading(document(idle(17), in_recovery=True)), "connections are judged on the primary"),
        (locked_out(), "runbooks_services.db.postgresql.admin: {via: exec, user: postgres}"),
        (locked_out(admin=refused("auth_failed")), "runbooks_services.db.postgresql.admin"),
        (locked_out(admin=refused("slots_reserved")), "sudo -u postgres psql"),
    ],
)
def test_what_cannot_be_seen_is_refused(given: Reading, why: str) -> None:
    (entry,) = planned(given, RESTARTABLE)
    assert (entry["action"], entry["status"]) == ("end_sessions", "refused")
    assert why in entry["why"]
    assert entry["parameters"] == {}


@pytest.mark.parametrize(
    "given",
    [
        reading(document()),
        reading(document(idle(13))),
        reading(document(active(13))),
        # an error of its own, not a refusal
        reading(None, refused={"normal": refused("auth_failed")}),
        reading(None, refused={"normal": refused("timeout")}),
        reading(None, refused={"normal": refused("starting_up")}),
    ],
)
def test_nothing_is_planned(given: Reading) -> None:
    assert planned(given, RESTARTABLE) == []


def test_without_a_finding_nothing_is_planned() -> None:
    readings = {"postgresql": reading(document(idle(17)))}
    assert scenario.plan(Situation("db", EXTERNAL, [], readings, INPUTS, lambda name: False)) == []


def test_read_through_the_broken_glass_it_is_planned_as_ever() -> None:
    given = reading(document(idle(17)), way="admin", refused={"normal": refused("slots_reserved")})
    assert statuses(planned(given))["end_sessions"] == "planned"


@pytest.mark.parametrize("slots", [1, 3, 17, 47, 97, 397, 997, 2000, 4997])
@pytest.mark.parametrize("warn_percent", [1, 33, 50, 79, 80, 94])
def test_exactly_as_many_as_are_needed(slots: int, warn_percent: int) -> None:
    """What the plan calls enough, the check calls healthy; and one fewer is not enough."""

    def severity(used: int) -> str:
        after = {"postgresql": reading(document(idle(used), slots=slots))}
        inputs = {**INPUTS, "warn_percent": warn_percent}
        return str(grading.grade(CHECKS[1:2], after, inputs, "db")[0]["severity"])

    for used in (slots, slots - slots // 20, slots // 2):
        held = document(idle(used), slots=slots)["slots"]
        needed = thresholds.too_many(held["used"], held["application_slots"], warn_percent)
        assert severity(used - needed) == "ok"
        assert needed == 0 or severity(used - needed + 1) != "ok"


@pytest.mark.parametrize("cap", [1, 20, 200])
@pytest.mark.parametrize("slots", [17, 97, 997])
@pytest.mark.parametrize("idle_share", [0.0, 0.1, 0.5, 1.0])
def test_the_cap_always_holds(cap: int, slots: int, idle_share: float) -> None:
    resting = round(slots * idle_share)
    given = reading(document(idle(resting), active(slots - resting), slots=slots))
    chosen = planned(given, max_terminate=cap)[0]["parameters"].get("sessions", [])
    held = given["document"]["slots"]
    needed = thresholds.too_many(held["used"], held["application_slots"], 80)
    assert len(chosen) == min(cap, needed, resting, 200)


@pytest.mark.parametrize("catalog", [EXTERNAL, RESTARTABLE])
def test_the_pool_of_the_application_is_changed_where_it_is_deployed(
    catalog: dict[str, Any],
) -> None:
    entry = planned(reading(document(active(17))), catalog, pool_max=5)[-1]
    assert (entry["action"], entry["status"]) == ("set_pool_max", "refused")
    assert "role app, application shop" in entry["why"]
    assert "DATABASE_POOL_MAX=5" in entry["why"] and "under 17" in entry["why"]


def test_the_pool_without_anybody_to_name() -> None:
    given = reading(document(active(17, application="")))
    assert "(role app)" in planned(given, pool_max=5)[-1]["why"]


@pytest.mark.parametrize(("warn", "crit"), [(80, 95), (1, 2), (99, 100), (94, 95)])
def test_thresholds(warn: int, crit: int) -> None:
    scenario.contradictions({**INPUTS, "warn_percent": warn, "crit_percent": crit})


@pytest.mark.parametrize(("warn", "crit"), [(95, 95), (96, 95), (99, 2)])
def test_thresholds_that_contradict_each_other(warn: int, crit: int) -> None:
    with pytest.raises(InputError, match=rf"^warn_percent: got {warn}, with crit_percent {crit};"):
        scenario.contradictions({**INPUTS, "warn_percent": warn, "crit_percent": crit})


def test_inputs_are_those_of_the_documentation() -> None:
    inputs = {spec.name: (spec.default, spec.minimum, spec.maximum) for spec in scenario.INPUTS}
    assert inputs == {
        "warn_percent": (80, 1, 99),
        "crit_percent": (95, 2, 100),
        "idle_seconds": (300, 1, 86400),
        "idle_in_transaction_seconds": (60, 1, 86400),
        "max_terminate": (20, 1, 200),
        "hold_seconds": (5, 0, 600),
        "timeout_seconds": (120, 1, 3600),
        "max_connections": (None, 10, 10000),
        "pool_max": (None, 1, 1000),
    }
    scenario.contradictions({spec.name: spec.default for spec in scenario.INPUTS})


@pytest.mark.parametrize(
    ("action", "phase", "risk"),
    [
        ("end_sessions", "containment", "safe"),
        ("raise_max_connections", "scaling", "disruptive"),
        ("set_pool_max", "scaling", "disruptive"),
    ],
)
def test_actions(action: str, phase: str, risk: str) -> None:
    assert (scenario.ACTIONS[action].phase, scenario.ACTIONS[action].risk) == (phase, risk)
