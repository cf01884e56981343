# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of each announced change, and which can still be undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.changes import (
    can_be_undone,
    changes,
    expired,
    open_changes,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal

HOW = {"how": {"action": "raise_max_connections", "parameters": {"value": 20}, "summary": "back"}}
NONE = {"none": "an ended session cannot be restored"}
Step = tuple[str, dict[str, Any]]


def intended(number: int, undo: dict[str, Any] | None = None, service: str = "db") -> Step:
    data = {"number": number, "service": service, "undo": undo or HOW, "expires_at": None}
    return "change_intended", {**data, "before": {"max_connections": 20}, "status": "intended"}


def made(number: int) -> Step:
    return "change_made", {"number": number, "after": {"max_connections": 30}}


def failed(number: int, **more: bool) -> Step:
    return "change_failed", {"number": number, "message": "it did not start", **more}


def reverted(number: int) -> Step:
    return "change_reverted", {"number": number}


def lines(*steps: Step, run: str = "run-1") -> list[dict[str, Any]]:
    return [
        {"n": n, "at": f"2026-11-21T03:04:{n:02d}.000000Z", "run": run, "type": kind, "data": data}
        for n, (kind, data) in enumerate(steps, start=1)
    ]


@pytest.mark.parametrize(
    ("steps", "statuses"),
    [
        ([], []),
        ([("evidence", {"path": "x"}), ("run_opened", {})], []),
        ([intended(1)], ["intended"]),
        ([intended(1), made(1)], ["made"]),
        ([intended(1), failed(1)], ["failed"]),
        ([intended(1), made(1), reverted(1)], ["reverted"]),
        ([intended(1), reverted(1)], ["reverted"]),
        ([intended(1), intended(2), made(2), failed(1)], ["failed", "made"]),
        ([intended(1), made(1), intended(2), made(2), reverted(1)], ["reverted", "made"]),
        # a run that was thought to be dead, and was not
        ([intended(1), failed(1), made(1)], ["made"]),
    ],
)
def test_status(steps: list[Step], statuses: list[str]) -> None:
    found = changes(lines(*steps))
    assert [change["status"] for change in found] == statuses
    assert [change["number"] for change in found] == list(range(1, len(statuses) + 1))


def test_fields() -> None:
    (change,) = changes(lines(intended(1), made(1), reverted(1)))
    assert change["before"] == {"max_connections": 20}
    assert change["after"] == {"max_connections": 30}
    assert change["at"] == "2026-11-21T03:04:01.000000Z"
    assert change["reverted_at"] == "2026-11-21T03:04:03.000000Z"
    (change,) = changes(lines(intended(1)))
    assert (change["after"], change["reverted_at"]) == (None, None)
    (change,) = changes(lines(intended(1), failed(1)))
    assert change["message"] == "it did not start"


@pytest.mark.parametrize("step", [made(2), failed(2), reverted(2)])
def test_an_end_without_its_beginning_is_passed_over(step: Step) -> None:
    # The line of its intent was damaged; the others still count.
    assert [change["number"] for change in changes(lines(intended(1), step))] == [1]


@pytest.mark.parametrize(
    ("steps", "undo", "can"),
    [
        ([made(1)], HOW, True),
        ([], HOW, True),  # it may have been made
        ([failed(1)], HOW, True),  # it may have taken effect on its way
        ([failed(1, untouched=True)], HOW, False),
        ([failed(1)], NONE, False),
        ([failed(1), reverted(1)], HOW, False),
        # a run that was thought to have failed, and had not
        ([failed(1, untouched=True), made(1)], HOW, False),
        ([made(1), reverted(1)], HOW, False),
        ([made(1)], NONE, False),
        ([], NONE, False),
    ],
)
def test_can_be_undone(steps: list[Step], undo: dict[str, Any], can: bool) -> None:
    (change,) = changes(lines(intended(1, undo), *steps))
    assert can_be_undone(change) is can


@pytest.mark.parametrize(
    ("expires_at", "is_expired"),
    [
        (None, False),
        ("2026-11-21T03:04:05.000000Z", True),
        ("2026-11-21T03:04:04.999999Z", True),
        ("2026-11-21T03:04:05.000001Z", False),
        ("2025-12-31T23:59:59.999999Z", True),
    ],
)
def test_expired(expires_at: str | None, is_expired: bool) -> None:
    assert expired({"expires_at": expires_at}, "2026-11-21T03:04:05.000000Z") is is_expired


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    told: dict[str, list[Step]] = {
        "INC-1": [
            *(intended(1), made(1), intended(2, NONE), made(2)),
            *(intended(3), failed(3, untouched=True), intended(4), failed(4)),
        ],
        "INC-2": [intended(1, service="cache"), made(1), intended(2)],
        "INC-3": [],
    }
    for name, steps in told.items():
        folder = tmp_path / "incidents" / name
        folder.mkdir(parents=True)
        for kind, data in steps:
            Journal(folder / "journal.jsonl").append("run-1", kind, data, data.get("service"))
    (tmp_path / "incidents" / "notes.txt").write_text("left by a person")
    return tmp_path


@pytest.mark.parametrize(
    ("service", "incident", "found"),
    [
        ("db", None, [("INC-2", 2), ("INC-1", 4), ("INC-1", 1)]),
        ("db", "INC-1", [("INC-1", 4), ("INC-1", 1)]),
        ("db", "INC-2", [("INC-2", 2)]),
        ("cache", None, [("INC-2", 1)]),
        ("cache", "INC-1", []),
        ("other", None, []),
        ("db", "INC-3", []),
        ("db", "INC-9", []),
    ],
)
def test_open_changes_the_newest_first(
    state_dir: Path, service: str, incident: str | None, found: list[tuple[str, int]]
) -> None:
    opened = open_changes(state_dir, service, incident)
    assert [(change["incident"], change["number"]) for change in opened] == found


def elsewhere(incident: str, number: int, run: str = "run-9") -> dict[str, Any]:
    return {
        "incident": incident,
        "number": number,
        "action": "raise_max_connections",
        "summary": "raise",
        "at": "2026-11-21T03:04:05.000000Z",
        "run": run,
        "by": "ada@ctl-2",
        "expires_at": None,
        "undo": HOW,
    }


def test_what_another_control_node_changed_counts(state_dir: Path) -> None:
    beside = undos.Beside(
        # The second is known from the journal; the third has its number, but is another change.
        [elsewhere("INC-7", 1), elsewhere("INC-1", 1, "run-1"), elsewhere("INC-1", 1)],
        [],
        [elsewhere("INC-8", 1)],
    )
    found = open_changes(state_dir, "db", "INC-7", beside)
    assert [(one["incident"], one["by"], one["service"]) for one in found] == [
        ("INC-7", "ada@ctl-2", "db")
    ]
    assert [one["number"] for one in open_changes(state_dir, "db", "INC-1", beside)] == [4, 1, 1]
    assert len(open_changes(state_dir, "db", None, beside)) == 5


def test_what_another_control_node_undid_is_open_no_more(state_dir: Path) -> None:
    end = {"incident": "INC-1", "number": 4, "run": "r", "by": "ada@ctl-2", "at": "2026Z"}
    found = open_changes(state_dir, "db", "INC-1", undos.Beside([], [end], []))
    assert [one["number"] for one in found] == [1]


def test_nothing_was_ever_changed(tmp_path: Path) -> None:
    assert open_changes(tmp_path, "db", None) == []
