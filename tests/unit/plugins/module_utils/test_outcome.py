# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.outcome import (
    OUTCOMES,
    exit_ok,
    next_step,
    of_service,
    outcome_of,
    outcome_of_run,
    outcomes_of,
    services_of,
    worst,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.report.journal_lines import (
    CRIT,
    INCIDENT,
    OWNER,
    SUMMARY,
    Story,
    access,
    after,
    check_run,
    cut_off,
    end_sessions,
    finding,
    hostile,
    locked,
    needs_approval,
    raise_max_connections,
    recovered,
    refused,
)

WARN = finding("warn", "active_load", value=85.0, summary="85 % are used, all at work")
SKIPPED = end_sessions("not_needed", why="every session is at work")
REFUSED = end_sessions("refused", why="the idle sessions are protected")
LOCKED = {"owner": OWNER, "until": after(60), "message": "held"}
UNKNOWN = finding("unknown", "not_read", value=None, summary="the probe brought no reading")
NO_ENTRY = access("crit", "auth_failed", summary="oncall does not get in: wrong password")


def changed(**opened: Any) -> Story:
    return Story(**opened).findings(1, CRIT).plan(2, end_sessions()).intend(3)


def no_access(severity: str, reason: str) -> Callable[[], Story]:
    return lambda: Story().findings(1, access(severity, reason), finding()).plan(2)


def failure(story: Story, outcome: str | None = "error", message: str = "it broke") -> Story:
    data = {"task": "End sessions", "message": message, "outcome": outcome}
    return story.add(9, "failure", data)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["healthy"], "healthy"),
        (["healthy", "recovered"], "recovered"),
        (["done", "recovered"], "done"),
        (["planned", "done"], "planned"),
        (["attention", "planned"], "attention"),
        (["needs_approval", "recovered", "attention"], "needs_approval"),
        (["refused", "needs_approval"], "refused"),
        (["locked", "refused"], "locked"),
        (["unrecovered", "locked"], "unrecovered"),
        (["unrecovered", "error", "healthy"], "error"),
        ([], "error"),
        (["healthy", "no such outcome"], "error"),
    ],
)
def test_the_worst_wins(outcomes: list[str], expected: str) -> None:
    assert worst(outcomes) == expected
    assert worst(reversed(outcomes)) == expected


GOOD = ("healthy", "recovered", "done", "planned")


@pytest.mark.parametrize(
    ("outcome", "severities", "expected"),
    [
        *((outcome, ["crit"], outcome in GOOD) for outcome in OUTCOMES),
        ("attention", ["ok", "warn"], True),
        ("attention", ["warn", "crit"], False),
        ("no such outcome", [], False),
    ],
)
def test_exit_status(outcome: str, severities: list[str], expected: bool) -> None:
    assert exit_ok(outcome, [{"severity": severity} for severity in severities]) is expected


CASES: dict[str, tuple[Callable[[], Story], str]] = {
    # nothing to do, or nothing that this playbook does
    "all ok": (lambda: Story().findings(1, access(), finding()).plan(2), "healthy"),
    "a warning, nothing planned": (lambda: Story().findings(1, WARN).plan(2), "attention"),
    "crit, nothing planned": (lambda: Story().findings(1, CRIT).plan(2, SKIPPED), "attention"),
    "gone before the lock was held": (
        lambda: (
            Story()
            .findings(1, CRIT)
            .plan(2, end_sessions())
            .findings(3, finding(), stage="under_lock")
            .plan(4, stage="under_lock")
        ),
        "healthy",
    ),
    # no data is never healthy
    "no findings line": (Story, "error"),
    "an empty findings line": (lambda: Story().findings(1), "error"),
    "only unknown": (lambda: Story().findings(1, UNKNOWN).plan(2), "error"),
    "only unknown, for a reason of its own": (
        lambda: Story().findings(1, access("unknown", "insufficient_privilege")).plan(2),
        "error",
    ),
    "not read, beside what was": (lambda: Story().findings(1, access(), UNKNOWN).plan(2), "error"),
    "not read, but the symptom is known": (
        lambda: Story(check_mode=True).findings(1, CRIT, UNKNOWN).plan(2, end_sessions()),
        "planned",
    ),
    "only one of several checks unknown": (
        lambda: Story().findings(1, finding(), access("unknown", "pooler_unreadable")).plan(2),
        "attention",
    ),
    **{
        f"{severity} {reason}": (
            no_access(severity, reason),
            "error",
        )
        for severity in ("crit", "unknown")
        for reason in (
            "auth_failed",
            "unreachable",
            "tls_failed",
            "database_missing",
            "unresponsive",
        )
    },
    "a warning that it is unreachable": (
        lambda: Story().findings(1, access("warn", "unreachable"), finding()).plan(2),
        "attention",
    ),
    "unreachable, and something else planned": (
        lambda: (
            Story(check_mode=True)
            .findings(1, access("crit", "unreachable"), CRIT)
            .plan(2, end_sessions())
        ),
        "error",
    ),
    "unreachable, which the plan answers": (
        lambda: (
            Story(check_mode=True)
            .findings(1, access("crit", "unreachable"))
            .plan(
                2,
                end_sessions(because={"check": "postgresql_access", "reason": "unreachable"}),
            )
        ),
        "planned",
    ),
    "unreachable, which the plan only says is not needed": (
        lambda: (
            Story()
            .findings(1, access("crit", "unreachable"), finding())
            .plan(
                2,
                end_sessions(
                    "not_needed", because={"check": "postgresql_access", "reason": "unreachable"}
                ),
            )
        ),
        "error",
    ),
    # what the plan says
    "check mode with work to do": (check_run, "planned"),
    "check mode, something needs approval": (
        lambda: (
            Story(check_mode=True)
            .findings(1, CRIT)
            .plan(2, end_sessions(), raise_max_connections())
        ),
        "needs_approval",
    ),
    "needs approval": (needs_approval, "needs_approval"),
    "refused": (refused, "refused"),
    "refused is worse than needs approval": (
        lambda: Story().findings(1, CRIT).plan(2, raise_max_connections(), REFUSED),
        "refused",
    ),
    "unknown, which is why it was refused": (
        lambda: (
            Story()
            .findings(1, finding("unknown", "standby"))
            .plan(
                2,
                end_sessions(
                    "refused", because={"check": "postgresql_connections", "reason": "standby"}
                ),
            )
        ),
        "refused",
    ),
    "only the last plan counts": (
        lambda: (
            Story()
            .findings(1, CRIT)
            .plan(2, REFUSED)
            .findings(3, WARN, stage="under_lock")
            .plan(4, SKIPPED, stage="under_lock")
        ),
        "attention",
    ),
    "planned, and nothing came of it": (
        lambda: Story().findings(1, CRIT).plan(2, end_sessions()),
        "unrecovered",
    ),
    # changes
    "changed and verified": (recovered, "recovered"),
    "a verified revert": (
        lambda: changed(scenario="revert").made(4).verified(9, healthy_at=5),
        "done",
    ),
    "a hotfix that is out": (
        lambda: changed(scenario="deploy_hotfix").made(4).verified(9, healthy_at=5),
        "done",
    ),
    "a hotfix that went back": (
        lambda: changed(scenario="deploy_hotfix").add(
            4, "change_failed", {"number": 1, "message": "shop:v1 is in use again"}
        ),
        "unrecovered",
    ),
    "a revert that is not verified": (lambda: changed(scenario="revert").made(4), "unrecovered"),
    "reverted and verified": (
        lambda: (
            Story(scenario="revert")
            .findings(1, finding("warn", "open_undo"))
            .add(2, "change_reverted", {"number": 1})
            .verified(9, healthy_at=5)
        ),
        "done",
    ),
    "changed, verification failed": (lambda: changed().made(4).not_verified(9), "unrecovered"),
    "changed, never verified": (lambda: changed().made(4), "unrecovered"),
    "cut off in a change": (cut_off, "unrecovered"),
    "changed again after the verification": (
        lambda: changed().made(4).verified(9, healthy_at=5).intend(10, number=2),
        "unrecovered",
    ),
    "a change failed": (
        lambda: changed().add(4, "change_failed", {"number": 1, "message": "no"}),
        "unrecovered",
    ),
    "a change failed, and it is well all the same": (
        lambda: (
            changed()
            .add(4, "change_failed", {"number": 1, "message": "no"})
            .verified(9, healthy_at=5)
        ),
        "recovered",
    ),
    "recovered, but part of the plan needs approval": (
        lambda: (
            Story()
            .findings(1, CRIT)
            .plan(2, end_sessions(), raise_max_connections())
            .intend(3)
            .made(4)
            .verified(9, healthy_at=5)
        ),
        "needs_approval",
    ),
    "unreachable after a change": (
        lambda: (
            changed()
            .made(4)
            .findings(5, access("crit", "unreachable"), stage="verification")
            .not_verified(9)
        ),
        "unrecovered",
    ),
    # what stopped the run
    "locked": (locked, "locked"),
    "locked, and nothing was read": (lambda: Story().add(1, "lock_refused", LOCKED), "locked"),
    "a failure": (lambda: failure(Story().findings(1, finding())), "error"),
    "a failure without an outcome": (lambda: failure(Story().findings(1, WARN), None), "error"),
    "a failure with an outcome of its own": (
        lambda: failure(Story().findings(1, CRIT).plan(2, end_sessions()), "refused"),
        "refused",
    ),
    "refused before anything was read": (lambda: failure(Story(), "refused"), "refused"),
    "a failure after a change": (lambda: failure(changed(), "refused"), "unrecovered"),
    "a failure after recovery": (
        lambda: failure(changed().made(4).verified(9, healthy_at=5)),
        "error",
    ),
}


@pytest.mark.parametrize(("story", "expected"), CASES.values(), ids=CASES)
def test_outcome_of_a_service(story: Callable[[], Story], expected: str) -> None:
    lines = story().lines
    assert outcome_of(of_service(lines, "db")) == expected
    assert outcome_of_run(lines) == expected


def test_each_service_has_its_own_outcome() -> None:
    cache = {"service": "cache"}
    story = Story("db", "cache", "queue").findings(1, finding())
    story.findings(1, finding("warn", "active_load", **cache))
    assert outcomes_of(story.lines) == {"db": "healthy", "cache": "attention", "queue": "error"}
    assert outcome_of_run(story.lines) == "error"


def test_a_shared_line_is_split_by_service() -> None:
    found = [finding(), finding("crit", "auth_failed", service="cache")]
    data = {"stage": "diagnosis", "attempt": 1, "findings": found}
    entries = {"stage": "diagnosis", "entries": [end_sessions("refused", service="queue")]}
    story = Story("db", "cache", "queue").add(1, "findings", data, None)
    story.add(2, "plan", entries, None).findings(3, finding(service="queue"))
    assert outcomes_of(story.lines) == {"db": "healthy", "cache": "error", "queue": "refused"}


def test_a_failure_of_the_run_is_one_of_every_service() -> None:
    data = {"task": "Open", "message": "the disk is full", "outcome": "error"}
    story = Story("db", "cache").findings(1, finding()).add(2, "failure", data, None)
    assert outcomes_of(story.lines) == {"db": "error", "cache": "error"}


def test_services_are_those_opened_and_those_written_about() -> None:
    story = Story("db").findings(1, finding(service="replica")).close(2)
    assert services_of(story.lines) == ["db", "replica"]


@pytest.mark.parametrize(("scenario", "expected"), [("revert", "healthy"), ("triage", "error")])
def test_a_run_without_services(scenario: str, expected: str) -> None:
    story = Story(scenario=scenario, services=[])
    assert outcome_of_run(story.lines) == expected


TWO_APPROVALS = [
    raise_max_connections(),
    raise_max_connections(approve_with="approve=promote_replica@db-2"),
]
ADVICE: dict[str, tuple[Callable[[], Story], str]] = {
    "healthy": (lambda: Story().findings(1, finding()), "nothing to do"),
    "recovered": (
        recovered,
        "nothing to do; to undo the changes: ansible-playbook playbooks/revert.yml"
        f" -e service=db -e incident={INCIDENT}",
    ),
    "recovered, no undo": (
        lambda: changed().made(4).verified(9, healthy_at=5),
        "nothing to do",
    ),
    "done": (
        lambda: changed(scenario="revert").made(4).verified(9, healthy_at=5),
        "nothing to do",
    ),
    "planned": (check_run, "to carry it out: run it again without --check"),
    "attention": (
        lambda: Story().findings(1, finding(), WARN, CRIT),
        f"to do by hand: {SUMMARY}",
    ),
    "needs_approval": (needs_approval, "to allow it: add -e approve=raise_max_connections"),
    "two approvals": (
        lambda: Story().findings(1, CRIT).plan(2, *TWO_APPROVALS),
        "to allow all of it: add -e"
        ' \'{"approve": ["raise_max_connections", "promote_replica@db-2"]}\'',
    ),
    "refused": (refused, "no session is idle for 300 s; look at pg_stat_activity by hand"),
    "two refusals": (
        lambda: Story().findings(1, CRIT).plan(2, REFUSED, REFUSED),
        "the idle sessions are protected (1 more refused)",
    ),
    "refused by a failure": (
        lambda: failure(Story(), "refused", "refused: too many targets"),
        "too many targets (task: End sessions)",
    ),
    "locked": (
        locked,
        "locked by ada on ctl-2 (pid 4242, incident INC-7, run r7) until 2026-11-21 03:05:05 UTC;"
        " wait for it, then run this again",
    ),
    "cut off": (
        cut_off,
        "change 1 (end_sessions) was begun and its end is not recorded:"
        " look at the service by hand, then run this again",
    ),
    "unrecovered": (
        lambda: changed().made(4).findings(5, access(), CRIT, stage="verification").not_verified(9),
        f"postgresql_connections is still crit: {SUMMARY}",
    ),
    "a failed change": (
        lambda: changed().add(4, "change_failed", {"number": 1, "message": "denied"}),
        "change 1 failed: denied",
    ),
    "a failure after a change": (
        lambda: failure(changed().made(4), "unrecovered", "unrecovered: it did not restart"),
        "it did not restart (task: End sessions)",
    ),
    "not verified": (lambda: changed().made(4), "the result was not verified: run this again"),
    "not carried out": (
        lambda: Story().findings(1, CRIT).plan(2, end_sessions()),
        "the plan was not carried out: run this again",
    ),
    "a failure": (
        lambda: failure(
            Story().findings(1, NO_ENTRY), message="error: the task 'End sessions' failed"
        ),
        "the task 'End sessions' failed",
    ),
    "no access": (
        lambda: Story().findings(1, CRIT, NO_ENTRY),
        "oncall does not get in: wrong password",
    ),
    "what was not read comes before what is bad": (
        lambda: Story().findings(1, CRIT, UNKNOWN),
        "the probe brought no reading",
    ),
    "no access under the lock": (
        lambda: Story().findings(1, finding()).findings(2, NO_ENTRY, stage="under_lock"),
        "read again under the lock: crit: oncall does not get in: wrong password",
    ),
    "unknown under the lock": (
        lambda: Story().findings(1, finding()).findings(2, UNKNOWN, stage="under_lock"),
        "read again under the lock: unknown: the probe brought no reading",
    ),
    "no reading": (Story, "no reading of db was recorded: run this again"),
}


@pytest.mark.parametrize(("story", "expected"), ADVICE.values(), ids=ADVICE)
def test_next_step(story: Callable[[], Story], expected: str) -> None:
    report = story().report()
    assert report["next_step"] == next_step(report) == expected


def test_next_step_names_the_service_where_there_are_several() -> None:
    story = Story("db", "cache").findings(1, finding()).findings(2, NO_ENTRY | {"service": "cache"})
    assert story.report()["next_step"] == "cache: oncall does not get in: wrong password"


def test_next_step_is_one_short_visible_line() -> None:
    text = hostile().report()["next_step"]
    assert text.isprintable()
    assert len(text) <= 600
