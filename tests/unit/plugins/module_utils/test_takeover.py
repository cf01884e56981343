# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run that was cut off has left, and what its successor says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.changes import changes, open_changes
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal, faults
from ansible_collections.oncall.runbooks.plugins.module_utils.takeover import open_intents, settle

INCIDENT = "INC-7"
OWNER = {"incident": INCIDENT, "run": "run-1", "why": "its process is gone"}
Step = tuple[str, str, dict[str, Any]]


def intent(number: int, action: str = "raise_max_connections") -> dict[str, Any]:
    return {
        "number": number,
        "action": action,
        "service": "db",
        "undo": {"how": {"action": action, "parameters": {}, "summary": "undo it"}},
        "status": "intended",
        "expires_at": None,
    }


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    folder = tmp_path / "incidents" / INCIDENT
    folder.mkdir(parents=True)
    return Journal(folder / "journal.jsonl")


def write(journal: Journal, *lines: Step) -> None:
    for run, kind, data in lines:
        journal.append(run, kind, data, "db")


@pytest.mark.parametrize(
    ("lines", "open_numbers"),
    [
        ([], []),
        ([("run-1", "change_intended", intent(1))], [1]),
        ([("run-1", "change_intended", intent(1)), ("run-1", "change_made", {"number": 1})], []),
        ([("run-1", "change_intended", intent(1)), ("run-1", "change_failed", {"number": 1})], []),
        (
            [
                ("run-1", "change_intended", intent(1)),
                ("run-1", "change_made", {"number": 1}),
                ("run-1", "change_intended", intent(2)),
            ],
            [2],
        ),
        # another run's changes are its own, whatever their numbers
        ([("run-2", "change_intended", intent(1))], []),
        ([("run-1", "change_intended", intent(1)), ("run-2", "change_made", {"number": 1})], [1]),
        ([("run-1", "evidence", {"path": "x"}), ("run-1", "change_intended", intent(3))], [3]),
    ],
)
def test_open_intents(journal: Journal, lines: list[Step], open_numbers: list[int]) -> None:
    write(journal, *lines)
    found = open_intents(journal.read(), "run-1", "db")
    assert [line["data"]["number"] for line in found] == open_numbers


def test_settle_marks_the_open_change_in_the_name_of_its_run(
    tmp_path: Path, journal: Journal
) -> None:
    write(journal, ("run-1", "change_intended", intent(1)))
    assert (
        settle(str(tmp_path), OWNER, "run-2", "db")
        == "; it was cut off during raise_max_connections"
    )
    last = journal.read()[-1]
    assert (last["run"], last["service"], last["data"]["number"]) == ("run-1", "db", 1)
    assert "its process is gone" in last["data"]["message"]
    assert "run-2" in last["data"]["message"]
    assert faults(journal.read()) == []


def test_settle_names_every_open_change(tmp_path: Path, journal: Journal) -> None:
    write(
        journal,
        ("run-1", "change_intended", intent(1, "end_sessions")),
        ("run-1", "change_intended", intent(2)),
    )
    said = settle(str(tmp_path), OWNER, "run-2", "db")
    assert said == "; it was cut off during end_sessions, raise_max_connections"


def test_settle_again_says_nothing(tmp_path: Path, journal: Journal) -> None:
    write(journal, ("run-1", "change_intended", intent(1)))
    settle(str(tmp_path), OWNER, "run-2", "db")
    before = journal.path.read_bytes()
    assert settle(str(tmp_path), OWNER, "run-3", "db") == ""
    assert journal.path.read_bytes() == before


def test_settle_leaves_a_run_without_open_changes_alone(tmp_path: Path, journal: Journal) -> None:
    write(
        journal,
        ("run-1", "change_intended", intent(1)),
        ("run-1", "change_made", {"number": 1, "after": {}}),
    )
    before = journal.path.read_bytes()
    assert settle(str(tmp_path), OWNER, "run-2", "db") == ""
    assert journal.path.read_bytes() == before


def test_settle_without_a_journal_writes_none(tmp_path: Path) -> None:
    assert settle(str(tmp_path), OWNER, "run-2", "db") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_change_cut_off_can_still_be_undone(tmp_path: Path, journal: Journal) -> None:
    # Nobody knows whether it was made: to lose its undo would be to lose the old value.
    write(journal, ("run-1", "change_intended", intent(1)))
    settle(str(tmp_path), OWNER, "run-2", "db")
    assert [one["number"] for one in changes(journal.read())] == [1]
    assert [one["number"] for one in open_changes(tmp_path, "db", INCIDENT)] == [1]
    journal.append("run-2", "change_reverted", {"number": 1}, "db")
    assert open_changes(tmp_path, "db", INCIDENT) == []


def test_the_changes_of_another_service_are_left_open(tmp_path: Path, journal: Journal) -> None:
    # Its lock was not taken over: the run may be at work there.
    journal.append("run-1", "change_intended", {**intent(1), "service": "cache"}, "cache")
    before = journal.path.read_bytes()
    assert settle(str(tmp_path), OWNER, "run-2", "db") == ""
    assert journal.path.read_bytes() == before
