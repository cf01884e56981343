# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When payouts are paused, when they go on, and what is never done unasked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils import (
    service_situations as situations,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.chain_readings import (
    chain,
    mode,
    node,
    paid,
    wallet,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    change,
    short,
)

CHECKS = (
    "chain_nodes",
    "wallets",
    "payments",
    "workload",
    "health",
    "dependencies",
    "mode",
    "history",
)
COMMANDS = {
    name: [name] for name in ("pause", "resume", "status", "payments", "reconcile", "process")
}
PAUSE, RESUME = ("pause_processing", "planned"), ("resume_payouts", "planned")
RECONCILE = ("reconcile_payments", "planned")
DOWN = chain(node(refused="liteserver_timeout"))
BLIND = {"wallet": wallet("no_node"), "payments": paid("nobody can look it up")}


def planned(readings: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    complete = {
        "chain": chain(),
        "wallet": wallet(),
        "payments": paid(),
        "mode": mode(),
        **readings,
    }
    given = {"approve_up_to": "safe", "catalog": {"commands": COMMANDS}, **more}
    return situations.planned("payment_failure", complete, kind="wallet", checks=CHECKS, **given)


def own(**more: Any) -> dict[str, Any]:
    """A pause that this playbook made."""
    before = {"state": "left", "in_flight": None, "for": "payment_failure"}
    made = {"expires_at": "2026-11-21T09:00:00.000000Z", "before": before, **more}
    return situations.history(pending=[change("pause_processing", **made)])


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({}, []),
        ({"payments": paid(underway=["p"], waiting=3)}, []),
        # what payouts are paused for
        ({"chain": DOWN, **BLIND}, [PAUSE]),
        ({"chain": chain(node(600)), **BLIND}, [PAUSE]),
        ({"chain": chain(node(refused="timeout"), node())}, []),
        ({"chain": chain(node(600), node())}, []),
        ({"wallet": wallet(state="frozen")}, [PAUSE]),
        ({"wallet": wallet(balance_nano="5")}, [PAUSE]),
        ({"wallet": wallet(suspended=True)}, [PAUSE]),
        ({"payments": paid(result_unknown=["p"])}, [PAUSE]),
        ({"payments": paid(paid_twice=["p"])}, [PAUSE]),
        ({"payments": paid(lost=["p"])}, [PAUSE]),
        ({"payments": paid(unreconciled=["p"])}, [PAUSE, RECONCILE, RESUME]),
        ({"payments": paid(unreconciled=["p"], result_unknown=["q"])}, [PAUSE]),
        # what is no reason for a pause
        ({"chain": chain(node(40))}, []),
        ({"chain": chain(node(refused="rate_limited")), **BLIND}, []),
        ({"chain": chain(node(refused="key_unknown")), **BLIND}, []),
        ({"wallet": wallet(state="uninitialized")}, []),
        # what cannot be believed
        ({"chain": chain(node(right_chain=False)), **BLIND}, [("pause_processing", "refused")]),
        ({"chain": chain(node(refused="bad_answer")), **BLIND}, [("pause_processing", "refused")]),
        ({"chain": chain(node(refused="tls_failed")), **BLIND}, [("pause_processing", "refused")]),
        ({"chain": DOWN, **BLIND, "mode": mode("unknown")}, [("pause_processing", "refused")]),
    ],
)
def test_while_it_runs(readings: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert short(planned(readings)) == expected


WAITS = ("resume_payouts", "refused")


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({}, [RESUME]),
        ({"payments": paid(unreconciled=["p"])}, [RECONCILE, RESUME]),
        ({"payments": paid(result_unknown=["p"])}, [WAITS]),
        ({"payments": paid(sending=["p"])}, [WAITS]),
        ({"payments": paid(unreconciled=["p"], sending=["q"])}, [RECONCILE, WAITS]),
        ({"payments": paid(paid_twice=["p"])}, [WAITS]),
        ({"payments": paid(lost=["p"])}, [("process_payments", "needs_approval"), WAITS]),
        (
            {"payments": paid(lost=["p"], result_unknown=["q"])},
            [("process_payments", "refused"), WAITS],
        ),
        ({"payments": paid("the command failed")}, [WAITS]),
        ({"chain": DOWN, **BLIND}, [WAITS]),
        ({"wallet": wallet(state="frozen")}, [WAITS]),
    ],
)
def test_while_it_is_paused_by_us(
    readings: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert short(planned({"mode": mode("entered"), "history": own(), **readings})) == expected


@pytest.mark.parametrize("approve_up_to", ["safe", "disruptive"])
def test_sending_again_is_always_approved_by_name(approve_up_to: str) -> None:
    given = {"mode": mode("entered"), "history": own(), "payments": paid(lost=["p"])}
    (process, _waits) = planned(given, approve_up_to=approve_up_to)
    assert process["approve_with"] == "approve=process_payments@api"
    approved = planned(given, approvals=["process_payments"])
    assert short(approved) == [("process_payments", "planned"), WAITS]
    assert approved[0]["risk"] == "destructive" and "none" in approved[0]["undo"]


@pytest.mark.parametrize(
    "history",
    [
        situations.history(),
        # by a person, with pause_processing.yml; and from another control node, which tells no more
        own(before={"state": "left", "in_flight": None}),
        own(before=None),
    ],
)
def test_a_pause_of_somebody_else_is_never_ended(history: dict[str, Any]) -> None:
    (entry,) = planned({"mode": mode("entered"), "history": history})
    assert (entry["action"], entry["status"]) == ("resume_payouts", "not_needed")


@pytest.mark.parametrize("status", ["intended", "cut_off", "made"])
def test_the_record_of_a_pause_that_is_over_ends(status: str) -> None:
    (entry,) = planned({"history": own(status=status)})
    assert (entry["action"], entry["status"]) == ("resume_payouts", "planned")
    assert entry["parameters"]["reverts"] == {"incident": "INC-1", "number": 1}


def test_a_pause_says_whose_it_is_and_calls_a_person() -> None:
    (entry,) = planned({"chain": DOWN, **BLIND})
    assert entry["before"]["for"] == "payment_failure" and entry["expires_minutes"] == 240
    assert entry["undo"]["how"]["on_expiry"] == "page"


@pytest.mark.parametrize("lacking", ["pause", "resume"])
def test_without_a_way_back_nothing_is_paused(lacking: str) -> None:
    commands = {name: argv for name, argv in COMMANDS.items() if name != lacking}
    assert short(planned({"chain": DOWN, **BLIND}, catalog={"commands": commands})) == [
        ("pause_processing", "refused")
    ]


def test_the_worker() -> None:
    stopped = situations.workload(instance("api-1", "stopped"))
    assert short(planned({"workload": stopped})) == [("start_service", "planned")]
    assert short(planned({"health": situations.health("timeout")})) == [
        ("restart_service", "planned")
    ]
    down = situations.dependencies(db="stopped")
    assert short(planned({"health": situations.health("timeout"), "dependencies": down})) == [
        ("restart_service", "refused")
    ]
