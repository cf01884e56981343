# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Undoing: what was built last is taken down first, and an undo needs its approval like the change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import decision, grading, scenarios
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import revert

Entry = dict[str, Any]
NOW = "2026-11-21T03:04:05.000000Z"
INPUTS: dict[str, Any] = {
    "change": None,
    "expired_only": False,
    "hold_seconds": 0,
    "timeout_seconds": 120,
}


def change(number: int, expires_at: str | None = None, after: bool = True) -> dict[str, Any]:
    return {
        "number": number,
        "incident": "INC-7",
        "action": "raise_max_connections",
        "expires_at": expires_at,
        "before": {"max_connections": 20},
        "after": {"max_connections": 30} if after else None,
        "undo": {
            "how": {
                "action": "raise_max_connections",
                "parameters": {"value": 20},
                "summary": "set max_connections to 20 again and restart",
            }
        },
    }


CHANGES = [change(3), change(2, "2026-11-21T03:04:04.000000Z"), change(1, after=False)]


def planned(changes: list[dict[str, Any]], approved: bool = False, **inputs: Any) -> list[Entry]:
    values = {**INPUTS, **inputs}
    readings = {"changes": {"now": NOW, "changes": changes}}
    found = grading.grade(["open_changes"], readings, values, "db")
    situation = Situation("db", {}, found, readings, values, lambda name: approved)
    return decide(revert.plan(situation), revert.ACTIONS, "safe", lambda name: approved)


def numbers(entries: list[Entry]) -> list[int]:
    return [entry["parameters"]["reverts"]["number"] for entry in entries]


@pytest.mark.parametrize(
    ("changes", "inputs", "undone"),
    [
        ([], {}, []),
        (CHANGES, {}, [3, 2, 1]),
        (CHANGES, {"change": 2}, [2]),
        (CHANGES, {"change": 9}, []),
        (CHANGES, {"expired_only": True}, [2]),
        (CHANGES[:1], {"expired_only": True}, []),
    ],
)
def test_which(changes: list[dict[str, Any]], inputs: dict[str, Any], undone: list[int]) -> None:
    assert numbers(planned(changes, **inputs)) == undone


def test_entry() -> None:
    entry = planned([change(3)], approved=True)[0]
    assert entry["action"] == "raise_max_connections"
    assert entry["parameters"] == {"value": 20, "reverts": {"incident": "INC-7", "number": 3}}
    assert entry["before"] == {"max_connections": 30}
    assert entry["because"] == {"check": "open_changes", "reason": "open_undo"}
    assert entry["summary"] == "undo change 3: set max_connections to 20 again and restart"
    assert set(entry["undo"]) == {"none"} and "INC-7" in entry["undo"]["none"]


def test_of_a_change_cut_off_only_the_state_before_is_known() -> None:
    assert planned([change(1, after=False)])[0]["before"] == {"max_connections": 20}


@pytest.mark.parametrize(("approved", "status"), [(False, "needs_approval"), (True, "planned")])
def test_an_undo_is_as_risky_as_the_change(approved: bool, status: str) -> None:
    (entry,) = planned([change(3)], approved)
    assert (entry["status"], entry["risk"]) == (status, "disruptive")


def test_without_a_finding_nothing_is_undone() -> None:
    readings = {"changes": {"now": NOW, "changes": CHANGES}}
    assert revert.plan(Situation("db", {}, [], readings, INPUTS, lambda name: True)) == []


def test_one_change_and_all_that_expired_contradict_each_other() -> None:
    # The numbers are those of one incident; what has expired is of any.
    with pytest.raises(InputError, match=r"^change: .*expired_only") as caught:
        revert.contradictions({**INPUTS, "change": 1, "expired_only": True})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("given", [{}, {"change": 1}, {"expired_only": True}])
def test_each_alone_is_fine(given: dict[str, Any]) -> None:
    revert.contradictions({**INPUTS, **given})


def test_inputs_are_those_of_the_documentation() -> None:
    numbers = [spec for spec in revert.INPUTS if isinstance(spec, Input)]
    assert {spec.name: (spec.default, spec.minimum, spec.maximum) for spec in numbers} == {
        "change": (None, 1, 100000),
        "hold_seconds": (0, 0, 600),
        "timeout_seconds": (120, 1, 3600),
    }
    assert {spec.name for spec in revert.INPUTS} == set(INPUTS)


FOLDER = Path(next(iter(scenarios.__path__)))
SCENARIOS = sorted(
    path.stem for path in FOLDER.glob("*.py") if "KIND = " in path.read_text()
)  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_action_of_every_scenario_can_be_carried_out_as_an_undo(name: str) -> None:
    for action, rule in decision.scenario(name).ACTIONS.items():
        assert revert.ACTIONS[action] == rule
