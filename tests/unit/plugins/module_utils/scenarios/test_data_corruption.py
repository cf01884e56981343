# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import decision, grading
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import coverage
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import data_corruption

CHECKS = ("integrity", "backup", "processing", "restored_copy")
# 2026-01-21T03:00:00Z, and what was archived until a minute later.
TAKEN = 1768964400
BACKUP = {
    "path": "/b/one",
    "start": coverage.name_of(1, 2, 256),
    "finished": TAKEN,
    "kib": 1,
    "major": 15,
}
WAL = [
    {"name": coverage.name_of(1, number, 256), "bytes": 16 << 20, "at": TAKEN + 15 * number}
    for number in (2, 3, 4)
]
WELL: dict[str, Any] = {"refused": None, "checksums": {"on": True, "failures": []}, "queries": []}
DAMAGED = {
    **WELL,
    "checksums": {"on": True, "failures": [{"database": "shop", "count": 2, "last_at": "x"}]},
}
NO_COPY = {"asked": {"directory": "/r/db", "port": 5499, "target": "t"}, "there": False}
WANTED = {
    "target_time": "2026-01-21T03:00:30Z",
    "target_xid": None,
    "restore_dir": "/r/db",
    "restore_port": 5499,
}
NOT_ASKED = dict.fromkeys(WANTED)


def listed(**more: Any) -> dict[str, Any]:
    return {
        "refused": None, "unreadable": [], "unfinished": [], "now": TAKEN + 3600, "max_age_hours": 26,
        "verified": None, "backups": [BACKUP], "segments": WAL, **more,
    }  # fmt: skip


def planned(
    integrity: Any = None, inputs: Any = None, mode: str = "unknown", **more: Any
) -> list[decision.Entry]:
    readings = {
        "integrity": WELL if integrity is None else integrity,
        "backup": listed(**more.get("listed", {})),
        "mode": {"mode": "processing", "state": mode, "message": "", "in_flight": None},
        "restored_copy": more.get("copy", NO_COPY),
        "postgresql": {"document": {"server": {"data_directory": "/live/data"}}},
    }
    values = {**(WANTED if inputs is None else inputs), "expires_minutes": 240}
    findings = grading.grade(CHECKS, readings, values, "db")
    catalog = {"kind": "postgresql", "commands": {"pause": ["p"], "resume": ["r"], "status": ["s"]}}
    situation = decision.Situation("db", catalog, findings, readings, values, lambda *_: False)
    return decision.decide(
        data_corruption.plan(situation), data_corruption.ACTIONS, "safe", situation.approved
    )


def told(entries: list[decision.Entry]) -> list[tuple[str, str]]:
    return [(entry["action"], entry["status"]) for entry in entries]


def test_what_is_whole_is_left() -> None:
    assert planned(inputs=NOT_ASKED) == []


def test_damage_stops_writes_and_calls_a_person() -> None:
    entries = planned(DAMAGED, NOT_ASKED, "left")
    assert told(entries) == [("pause_processing", "planned"), ("restore_copy", "refused")]
    assert "a person decides" in entries[1]["why"]
    assert "2026-01-21T03:00:00Z to 2026-01-21T03:01:00Z" in entries[1]["why"]
    assert told(planned(DAMAGED, NOT_ASKED, "entered")) == [("restore_copy", "refused")]
    assert told(planned(DAMAGED, NOT_ASKED)) == [("restore_copy", "refused")]


def test_a_copy_is_made_where_it_can_be_right() -> None:
    (entry,) = planned()
    assert (entry["action"], entry["status"]) == ("restore_copy", "planned")
    assert entry["parameters"] == {
        "backup": {"path": "/b/one", "major": 15},
        "directory": "/r/db",
        "port": 5499,
        "target": "time 2026-01-21 03:00:30.000000+00",
    }
    assert told(planned(DAMAGED, mode="left")) == [
        ("pause_processing", "planned"),
        ("restore_copy", "planned"),
    ]


def test_the_room_that_a_tool_tells_of_goes_along() -> None:
    (entry,) = planned(listed={"backups": [{**BACKUP, "room_kib": 9}]})
    assert entry["parameters"]["backup"] == {"path": "/b/one", "major": 15, "room_kib": 9}


def test_within_the_second_of_the_last_wal_the_recovery_tells() -> None:
    (entry,) = planned(inputs={**WANTED, "target_time": "2026-01-21T03:01:00.9Z"})
    assert entry["status"] == "planned"


BEFORE = {**WANTED, "target_time": "2026-01-21T02:59:59Z"}
AFTER = {**WANTED, "target_time": "2026-01-21T03:01:01Z"}
BY_XID = {**WANTED, "target_time": None, "target_xid": "700"}
GAP = {"segments": [WAL[0], WAL[2]]}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {"inputs": BEFORE},
            "before the oldest backup was finished; what can be restored is 2026-01-21T03:00:00Z",
        ),
        (
            {"inputs": AFTER},
            "after the last WAL of the archive; what can be restored is 2026-01-21T03:00:00Z to",
        ),
        (
            {"inputs": {**WANTED, "target_time": "2026-01-21T03:00:50Z"}, "listed": GAP},
            f"{WAL[1]['name']} is missing",
        ),
        ({"inputs": BY_XID, "listed": GAP}, f"{WAL[1]['name']} is missing"),
        ({"listed": {"backups": []}}, "no finished base backup"),
        ({"listed": {"backups": [{**BACKUP, "damaged": True}]}}, "of pages that are damaged"),
        ({"listed": {"unreadable": ["/b"]}}, "/b is not there"),
        ({"inputs": {**WANTED, "restore_dir": "/live/data"}}, "the live server's own data"),
        ({"inputs": {**WANTED, "restore_dir": "/live/data/x"}}, "the live server's own data"),
        ({"inputs": {**WANTED, "restore_dir": "/live"}}, "the live server's own data"),
        ({"copy": {**NO_COPY, "there": True, "target": ""}}, "is there already"),
    ],
)
def test_a_copy_that_cannot_be_right_is_refused(given: dict[str, Any], why: str) -> None:
    (entry,) = planned(**given)
    assert entry["status"] == "refused" and why in entry["why"], entry["why"]


def test_up_to_a_transaction() -> None:
    (entry,) = planned(inputs=BY_XID)
    assert entry["status"] == "planned" and entry["parameters"]["target"] == "xid 700"


STATE = {"in_recovery": True, "paused": True, "locked": 0, "read_only": True, "replayed_at": "x"}
THERE = {**NO_COPY, "there": True, "target": "t", "state": STATE, "said": "", "queries": []}


def test_a_copy_that_is_there_is_not_made_again() -> None:
    assert planned(copy=THERE) == []


@pytest.mark.parametrize(
    "more",
    [
        {"target": "other"},
        {"state": None},
        {"state": {**STATE, "paused": False}},
        {"state": {**STATE, "locked": 1}},
        {"state": {**STATE, "in_recovery": False, "paused": False, "read_only": False}},
        {"queries": [{"name": "q", "value": "0", "expect": "1", "error": None}]},
    ],
)
def test_any_other_is_not_written_over(more: dict[str, Any]) -> None:
    assert told(planned(copy={**THERE, **more})) == [("restore_copy", "refused")]


def test_one_whose_recovery_was_ended_is_at_its_target() -> None:
    ended = {**STATE, "in_recovery": False, "paused": False}
    assert planned(copy={**THERE, "state": ended}) == []


def test_the_proof_is_the_copy_or_the_pause() -> None:
    copy = {"check": "restored_copy", "severity": "ok", "value": None}
    paused = {"check": "processing", "severity": "ok", "value": "entered"}
    running = {**paused, "value": "left"}
    assert data_corruption.proof([copy, running]) == [copy]
    assert data_corruption.proof([paused])[0]["severity"] == "ok"
    assert data_corruption.proof([running])[0]["severity"] == "warn"
    assert data_corruption.proof([]) == []
