# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a payment by the chain and the service's own books."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import payments
from ansible_collections.oncall.runbooks.plugins.module_utils.services import payouts

NOW = 10_000.0
TO = f"0:{'b2' * 32}"


def one(status: str = "sent", valid_until: int = 10_100, comment: str = "p-1") -> dict[str, Any]:
    return {
        "id": comment, "destination": TO, "value": "5", "comment": comment, "status": status,
        "sent_at": 9_900, "valid_until": valid_until,
    }  # fmt: skip


def message(comment: str = "p-1", value: str = "5", success: bool | None = True) -> dict[str, Any]:
    return {"success": success, "sent": [{"destination": TO, "value": value, "comment": comment}]}


OLD = 9_900  # its message expired, and the grace is over


@pytest.mark.parametrize(
    ("payment", "arrived", "waiting", "complete", "group"),
    [
        (one(), [message()], [], True, "underway"),
        (one("sending"), [message()], [], True, "sending"),
        (one("unknown"), [message()], [], True, "unreconciled"),
        (one("sent", OLD), [message()], [], True, "unreconciled"),
        (one("lost", OLD), [message()], [], True, "unreconciled"),
        (one(), [], [], True, "underway"),
        (one("sending"), [], [], True, "sending"),
        (one("unknown"), [], [], True, "result_unknown"),
        (one("unknown"), [], [message()], True, "result_unknown"),
        (one("unknown", 9_980), [], [], True, "result_unknown"),
        (one("unknown", OLD), [], [], True, "unreconciled"),
        (one("sent", OLD), [], [], True, "unreconciled"),
        (one("lost", OLD), [], [], True, "lost"),
        (one("lost", OLD), [], [message()], True, "result_unknown"),
        (one("lost", OLD), [], [], False, "result_unknown"),
        (one("lost", OLD), [message(success=False)], [], True, "lost"),
        (one("lost", OLD), [message(value="6")], [], True, "lost"),
        (one("lost", OLD), [message("p-2")], [], True, "lost"),
        (one(), [message(), message()], [], True, "paid_twice"),
    ],
)
def test_a_payment(payment: Any, arrived: Any, waiting: Any, complete: bool, group: str) -> None:
    (found,) = payments.judged([payment], arrived, complete, waiting, NOW)
    assert payments.group(found) == group


def test_of_two_that_are_alike_nobody_can_say_which_arrived() -> None:
    twins = [{**one("unknown"), "id": name} for name in ("a", "b")]
    found = payments.judged(twins, [message()], True, [], NOW)
    assert {payments.group(each) for each in found} == {"result_unknown"}
    both = payments.judged(twins, [message(), message()], True, [], NOW)
    assert {payments.group(each) for each in both} == {"unreconciled"}


def test_what_was_not_begun_or_is_over_is_not_looked_up() -> None:
    listed = [{**one(), "status": status} for status in ("new", "paid")]
    assert payments.since(listed) is None and payments.judged(listed, [], True, [], NOW) == []
    assert payments.since([one()]) == 9_900 - payments.EARLIER_S


def test_told() -> None:
    text = f"> payments:list\n{json.dumps([one(), {'id': 'p-2', 'status': 'new'}])}"
    found = payments.told(0, text)
    assert [each["id"] for each in found] == ["p-1", "p-2"]


@pytest.mark.parametrize(
    ("rc", "output"),
    [
        (1, "[]"),
        (0, ""),
        (0, "{}"),
        (0, "[7]"),
        (0, json.dumps([{**one(), "status": "gone"}])),
        (0, json.dumps([{**one(), "destination": "bad"}])),
        (0, json.dumps([{**one(), "valid_until": None}])),
        (0, json.dumps([{**one(), "value": 0.5}])),
    ],
)
def test_not_told(rc: int, output: str) -> None:
    with pytest.raises(payments.Unreadable):
        payments.told(rc, output)


def reading(message: str = "", **groups: Any) -> dict[str, Any]:
    return {"message": message, "groups": {name: groups.get(name, []) for name in payments.GROUPS}}


def unclear(*names: str) -> dict[str, Any]:
    return {"message": "", "groups": {name: ["p"] * (name in names) for name in payments.GROUPS}}


@pytest.mark.parametrize(
    ("work", "told", "state", "allowed"),
    [
        ("resume", reading(), "entered", True),
        ("resume", reading(underway=["p"]), "entered", True),
        ("resume", reading(), "left", True),
        ("resume", reading(), "unknown", False),
        ("resume", reading("nobody tells"), "entered", False),
        *(("resume", unclear(name), "entered", False) for name in payouts.UNCLEAR),
        ("reconcile", reading(unreconciled=["p"]), "entered", True),
        ("reconcile", reading(), "left", False),
        ("process", reading(lost=["p"]), "entered", True),
        ("process", reading(lost=["p"]), "left", False),
        ("process", reading(), "entered", False),
        ("process", reading("nobody tells", lost=["p"]), "entered", False),
        *(
            ("process", unclear("lost", name), "entered", False)
            for name in ("paid_twice", "unreconciled", "result_unknown", "sending")
        ),
    ],
)
def test_what_speaks_against_it(work: str, told: Any, state: str, allowed: bool) -> None:
    assert (payouts.against(work, told, state) == "") == allowed
