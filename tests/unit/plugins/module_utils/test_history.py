# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was done lately, from real journals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import history, undos
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import history as check
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds, stamp


def intend(folder: Path, incident: str, action: str, service: str = "api", **more: Any) -> Journal:
    path = folder / "incidents" / incident
    path.mkdir(parents=True, exist_ok=True)
    journal = Journal(path / "journal.jsonl")
    data = {
        "number": 1, "action": action, "service": service, "summary": action, "before": {}, "status": "intended",
        "undo": {"how": {"action": "x"}}, "expires_at": None, **more,
    }  # fmt: skip
    journal.append("run", "change_intended", data, service)
    return journal


def read(folder: Path, ahead: float = 0) -> dict[str, Any]:
    (path, *_more) = sorted(folder.glob("incidents/*/journal.jsonl"))
    at = seconds(Journal(path).read()[0]["at"])
    return history.read(folder, "api", at + ahead)


def test_only_this_service_and_only_the_last_hour(tmp_path: Path) -> None:
    intend(tmp_path, "INC-1", "restart_service").append(
        "run", "change_made", {"number": 1, "after": {}}, "api"
    )
    intend(tmp_path, "INC-2", "restart_service", service="web")
    (found,) = read(tmp_path)["changes"]
    assert (found["incident"], found["status"]) == ("INC-1", "made")
    assert read(tmp_path, history.WINDOW_S + 1)["changes"] == []


def test_a_change_with_an_expiry_is_open_until_it_is_taken_back(tmp_path: Path) -> None:
    journal = intend(tmp_path, "INC-1", "scale_service", expires_at=stamp(9e9))
    assert [change["action"] for change in read(tmp_path, 9999)["open"]] == ["scale_service"]
    journal.append("run", "change_reverted", {"number": 1}, "api")
    assert read(tmp_path)["open"] == []


@pytest.mark.parametrize(("untouched", "opened"), [(True, 0), (False, 1)])
def test_what_failed_on_its_way_is_open(tmp_path: Path, untouched: bool, opened: int) -> None:
    journal = intend(tmp_path, "INC-1", "scale_service", expires_at=stamp(9e9))
    failed = {"number": 1, "message": "no", "untouched": untouched}
    journal.append("run", "change_failed", failed, "api")
    found = check.grade(read(tmp_path), {})
    assert len(found) == opened
    assert all("failed and may have taken effect" in one["summary"] for one in found)


def test_what_another_control_node_left_open_is_told(tmp_path: Path) -> None:
    intend(tmp_path, "INC-1", "restart_service")
    theirs = {
        "incident": "INC-9", "number": 3, "run": "r", "by": "ada@ctl-2", "at": stamp(1), "action": "scale_service",
        "summary": "scale", "expires_at": stamp(9e9), "undo": {"how": {}},
    }  # fmt: skip
    for_good = {**theirs, "number": 4, "expires_at": None}
    beside = undos.Beside([theirs, for_good], [], [])
    (found,) = check.grade(history.read(tmp_path, "api", 0, beside), {})
    assert found["reason"] == "own_mitigation_active"
    assert "INC-9 (change 3, ada@ctl-2)" in found["summary"]
    end = {"incident": "INC-9", "number": 3, "run": "r", "by": "bob@ctl-1", "at": stamp(2)}
    assert history.read(tmp_path, "api", 0, undos.Beside([], [end], []))["open"] == []


def test_findings(tmp_path: Path) -> None:
    intend(tmp_path, "INC-1", "scale_service", expires_at=stamp(9e9))
    intend(tmp_path, "INC-2", "enter_maintenance", expires_at=stamp(1))
    for number in (3, 4):
        intend(tmp_path, f"INC-{number}", "restart_service")
    found = check.grade(read(tmp_path), {"max_restarts": 2})
    assert [(one["severity"], one["reason"]) for one in found] == [
        ("warn", "own_mitigation_active"),
        ("warn", "own_mitigation_expired"),
        ("warn", "recurring"),
    ]
    assert check.grade(read(tmp_path), {"max_restarts": 3})[2:] == []
    assert all(one["reason"] in check.REASONS for one in found)
