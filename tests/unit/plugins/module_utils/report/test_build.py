# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.report.build import build
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.report.journal_lines import (
    CRIT,
    ENDED,
    INCIDENT,
    OWNER,
    PATH,
    RUN,
    STARTED,
    STORIES,
    Story,
    access,
    after,
    cut_off,
    end_sessions,
    finding,
    many,
    raise_max_connections,
    recovered,
)

# docs/contracts.md
REPORT = {
    "version", "incident", "run", "scenario", "services", "environment", "check_mode", "severity",
    "outcome", "outcomes", "next_step", "findings", "plan", "changes", "verification", "evidence",
    "journal", "timeline", "started_at", "detected_at", "ended_at", "duration_s",
    "time_to_healthy_s", "causes",
}  # fmt: skip
CHANGE = {
    "number", "action", "service", "risk", "because", "summary", "before", "after", "undo",
    "expires_at", "reverted_at", "status", "message",
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_every_report_has_the_fields_of_the_contract(story: Any) -> None:
    report = story().report()
    assert set(report) == REPORT
    assert set(report["verification"]) == {
        "status", "attempts", "first_healthy_at", "held_s", "estimated_s", "took_s", "findings",
    }  # fmt: skip
    assert all(set(change) == CHANGE for change in report["changes"])
    assert all(set(item) == {"path", "sha256", "bytes", "what"} for item in report["evidence"])
    assert all(set(event) == {"at", "service", "kind", "text"} for event in report["timeline"])


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_report_is_a_pure_function_of_the_journal(story: Any) -> None:
    told = story()
    before = copy.deepcopy(told.lines)
    first = told.report()
    assert told.lines == before
    assert told.report() == first == json.loads(json.dumps(first))


def test_what_the_run_was_opened_with() -> None:
    report = Story("db", severity="sev1", environment="staging", check_mode=True).report()
    assert report["version"] == 1
    assert (report["incident"], report["run"]) == (INCIDENT, RUN)
    assert (report["severity"], report["environment"]) == ("sev1", "staging")
    assert report["check_mode"] is True
    assert report["services"] == ["db"]
    assert report["journal"] == {"path": PATH, "lines": 1, "head": "ab" * 32}


def test_times() -> None:
    report = recovered().report()
    assert report["started_at"] == STARTED
    assert report["detected_at"] == after(1.0)
    assert report["ended_at"] == after(32.9)
    assert report["duration_s"] == pytest.approx(32.9)
    assert report["time_to_healthy_s"] == pytest.approx(27.2)


def test_what_did_not_happen_is_null() -> None:
    report = cut_off().report()
    assert report["ended_at"] is report["duration_s"] is report["time_to_healthy_s"] is None
    assert Story().findings(1, finding()).report()["detected_at"] is None


def test_a_problem_seen_only_later_is_detected_then() -> None:
    story = Story().findings(1, finding()).findings(3, CRIT, stage="under_lock")
    assert story.report()["detected_at"] == after(3)


def test_findings_are_those_of_the_first_diagnosis() -> None:
    story = Story().findings(1, access(), CRIT).findings(2, finding(), stage="under_lock")
    story.findings(3, finding()).findings(4, finding(), stage="verification")
    assert story.report()["findings"] == [access(), CRIT]


def test_plan_is_the_last_of_each_service() -> None:
    cache = end_sessions(service="cache")
    story = Story("db", "cache").plan(1, end_sessions("refused")).plan(1, cache)
    story.plan(2, end_sessions("not_needed"), stage="under_lock")
    assert story.report()["plan"] == [end_sessions("not_needed"), cache]


@pytest.mark.parametrize(
    ("what_followed", "expected"),
    [
        ([], {"status": "intended", "after": None, "reverted_at": None}),
        ([("change_made", {"after": ENDED})], {"status": "made", "after": ENDED}),
        ([("change_failed", {"message": "no"})], {"status": "failed", "after": None}),
        (
            [("change_made", {"after": {"a": 1}}), ("change_reverted", {})],
            {"status": "reverted", "after": {"a": 1}, "reverted_at": after(6)},
        ),
    ],
)
def test_a_change_as_the_journal_leaves_it(
    what_followed: list[tuple[str, dict[str, Any]]], expected: dict[str, Any]
) -> None:
    raised = raise_max_connections("planned", expires_at=after(3600))
    story = Story().intend(4, number=7, **raised)
    for at, (kind, data) in enumerate(what_followed, start=5):
        story.add(at, kind, {"number": 7, **data})
    (change,) = story.report()["changes"]
    assert change.items() >= expected.items()
    assert (change["number"], change["expires_at"]) == (7, after(3600))
    assert change["undo"] == raised["undo"]
    assert change["before"] == {"max_connections": 20}


def two_runs() -> tuple[Story, Story]:
    first = Story(run="first").findings(1, CRIT).plan(2, end_sessions()).intend(3).made(4)
    first.intend(5, number=2).made(6, number=2).verified(9, healthy_at=7)
    second = Story(run="second", scenario="revert", started_at=after(600))
    second.findings(1, finding()).intend(2, number=3).made(3, number=3)
    second.add(3, "change_reverted", {"number": 2}).verified(4, healthy_at=3.5).close(5, "done")
    second.lines = first.close(10).lines + second.lines
    return first, second


def test_each_run_of_an_incident_has_its_own_report() -> None:
    first, second = two_runs()
    report = second.report("first")
    assert [change["number"] for change in report["changes"]] == [1, 2]
    assert report["changes"][1]["status"] == "reverted"
    assert report["duration_s"] == 10
    assert report["timeline"][-1] == first.report()["timeline"][-1]
    report = second.report("second")
    assert [change["number"] for change in report["changes"]] == [2, 3]
    assert report["started_at"] == after(600)
    assert report["outcome"] == "done"


def test_an_unknown_run_is_refused() -> None:
    with pytest.raises(ValueError, match="has no run nobody"):
        build(Story().lines, "nobody", journal={"path": PATH, "lines": 1, "head": ""})


def with_cache() -> Story:
    story = Story("db", "cache", "idle").verified(9, healthy_at=5, held=6.0)
    story.findings(5, finding(), stage="verification", attempt=1)
    return story.findings(6, finding(value=30.0), stage="verification", attempt=2)


FORETOLD = {"estimated_s": 28.0, "took_s": 31.0}
THERE = {"status": "verified", "attempts": 2, "first_healthy_at": after(9), "held_s": 0.0}
SOONER = {"estimated_s": 9.0, "took_s": 8.0}
NOT_NEEDED = {"status": "not_needed", "attempts": 0, "first_healthy_at": None, "held_s": None}


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (Story().findings(1, finding()), NOT_NEEDED),
        (Story().add(1, "verification", NOT_NEEDED), NOT_NEEDED),
        (cut_off(), {"status": None, "first_healthy_at": None, "held_s": None}),
        (
            with_cache().verified(12, healthy_at=7, held=5.0, service="cache"),
            {"status": "verified", "first_healthy_at": after(7), "held_s": 5.0, "attempts": 4},
        ),
        (
            with_cache()
            .add(12, "verification", THERE | FORETOLD, "cache")
            .add(13, "verification", THERE | SOONER, "idle"),
            {"status": "verified", **FORETOLD},
        ),
        (
            with_cache().add(12, "verification", NOT_NEEDED, "idle"),
            {"status": "verified", "first_healthy_at": after(5), "held_s": 6.0},
        ),
        (
            with_cache().not_verified(12, service="cache"),
            {"status": "failed", "first_healthy_at": None, "held_s": None, "attempts": 9},
        ),
    ],
    ids=["none", "not needed", "changed only", "two", "foretold", "one not needed", "one failed"],
)
def test_verifications_of_all_services_are_one(story: Story, expected: dict[str, Any]) -> None:
    assert story.report()["verification"].items() >= expected.items()


def test_verification_holds_the_last_reading() -> None:
    assert with_cache().report()["verification"]["findings"] == [finding(value=30.0)]


def test_evidence() -> None:
    (item,) = recovered().report()["evidence"]
    assert item["path"] == f"evidence/{RUN}/db-1-postgresql.json"
    assert item["bytes"] == 18432


def test_timeline_of_a_recovery() -> None:
    events = recovered().report()["timeline"]
    assert [event["kind"] for event in events] == [
        "run_opened", "findings_crit", "plan", "lock_acquired", "break_glass", "findings_crit",
        "plan", "change_intended", "change_made", "change_intended", "change_made",
        "findings_warn", "findings_ok", "verification_verified", "lock_released", "run_closed",
    ]  # fmt: skip
    assert events[0] == {
        "at": STARTED,
        "service": None,
        "kind": "run_opened",
        "text": "db_connection_exhausted started by root on ctl-1",
    }
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (
            "findings",
            {"stage": "diagnosis", "attempt": 1, "findings": [access(), CRIT]},
            f"diagnosis: crit: {CRIT['summary']}",
        ),
        (
            "findings",
            {"stage": "under_lock", "attempt": 1, "findings": [access(), finding()]},
            "read again under the lock: 2 findings ok",
        ),
        (
            "findings",
            {"stage": "verification", "attempt": 3, "findings": []},
            "verification, attempt 3: no findings",
        ),
        ("plan", {"stage": "diagnosis", "entries": []}, "plan: nothing to do"),
        (
            "plan",
            {"entries": [end_sessions(), raise_max_connections(), end_sessions("refused")]},
            "plan: 1 planned (end_sessions); 1 needs approval (raise_max_connections);"
            " 1 refused (end_sessions)",
        ),
        (
            "lock_acquired",
            {"until": after(60), "took_over": {**OWNER, "why": "its lease ran out"}},
            "lock taken over from ada on ctl-2 (pid 4242, incident INC-7, run r7):"
            " its lease ran out; until 2026-11-21 03:05:05 UTC",
        ),
        (
            "lock_acquired",
            {"until": after(60), "took_over": None},
            "lock taken until 2026-11-21 03:05:05 UTC",
        ),
        (
            "break_glass",
            {"purpose": "read a full server", "way": "exec, user postgres"},
            "break glass: read a full server, by way of exec, user postgres",
        ),
        ("change_made", {"number": 2, "after": {}}, "change 2 made"),
        ("change_made", {"number": 2, "after": ENDED}, "change 2 made: ended 13, skipped 1"),
        ("change_failed", {"number": 2, "message": "denied"}, "change 2 failed: denied"),
        (
            "verification",
            {"status": "failed", "attempts": 1, "held_s": 0},
            "not healthy after 1 attempt",
        ),
        (
            "verification",
            {"status": "verified", "attempts": 3, "held_s": 5.0, "first_healthy_at": after(9)},
            "verified: healthy for 5 s, after 3 attempts",
        ),
        (
            "verification",
            {
                "status": "verified",
                "attempts": 3,
                "held_s": 0,
                "first_healthy_at": after(9),
                **FORETOLD,
            },
            "verified: healthy for 0 s, after 3 attempts; the first estimate was 28 s, it took 31 s",
        ),
        (
            "failure",
            {"task": "Open", "message": "error: no disk", "outcome": "error"},
            "no disk (task: Open)",
        ),
        (
            "failure",
            {"task": "Open", "message": "the task 'Open' failed", "outcome": "error"},
            "the task 'Open' failed",
        ),
        (
            "change_made",
            {"number": 1, "after": {"x": "a\nb\x1b[2J\u202e"}},
            r"change 1 made: x a b\x1b[2J\u202e",
        ),
    ],
)
def test_event_texts(kind: str, data: dict[str, Any], expected: str) -> None:
    story = Story()
    if kind.startswith("change_"):
        story.intend(0.5, number=data["number"])
    assert story.add(1, kind, data).report()["timeline"][-1]["text"] == expected


def test_readings_that_say_the_same_are_one_event() -> None:
    story = Story()
    for second in range(1, 60):
        found = finding() if second > 40 else CRIT
        story.findings(second, found, stage="verification", attempt=second)
    kinds = [(event["kind"], event["at"]) for event in story.report()["timeline"][1:]]
    assert kinds == [("findings_crit", after(1)), ("findings_ok", after(41))]


def test_lines_of_an_unknown_type_are_no_events() -> None:
    story = Story().add(1, "something_new", {"a": 1})
    assert len(story.report()["timeline"]) == 1


def test_many_services() -> None:
    report = many(50, 5).report()
    assert len(report["findings"]) == len(report["verification"]["findings"]) == 250
    assert len(report["plan"]) == len(report["changes"]) == 50
    assert set(report["outcomes"].values()) == {"recovered"}
