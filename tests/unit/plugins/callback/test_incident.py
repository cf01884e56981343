# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.callback import incident
from ansible_collections.oncall.runbooks.plugins.callback.incident import CallbackModule
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import typed
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.kinds import KINDS

# A play without hosts, whose platforms nobody has to load.
NO_HOSTS: dict[str, Any] = {"ansible_play_hosts_all": [], "groups": {}}
PLAY = SimpleNamespace(get_variable_manager=lambda: SimpleNamespace(get_vars=lambda play: NO_HOSTS))

RUN = {
    "kind": "run",
    "run": "r1",
    "incident": "INC-1",
    "scenario": "db_connection_exhausted",
    "services": ["db"],
    "environment": "production",
    "directory": "/state/incidents/INC-1",
}
FINDING = {
    "check": "postgresql_connections",
    "severity": "crit",
    "reason": "idle_sessions",
    "value": 100.0,
    "unit": "percent",
    "threshold": 95,
    "summary": "17 of 17 slots",
    "evidence": "a",
}
FINDINGS = {"kind": "findings", "service": "db", "stage": "diagnosis", "findings": [FINDING]}
ENTRY = {
    "phase": "containment",
    "action": "end_sessions",
    "service": "db",
    "risk": "safe",
    "status": "planned",
    "summary": "end 4 sessions",
}
WAITING = {
    **ENTRY,
    "action": "raise_it",
    "risk": "disruptive",
    "status": "needs_approval",
    "approve_with": "approve=raise_it",
}
PLAN = {"kind": "plan", "service": "db", "stage": "diagnosis", "entries": [ENTRY]}
CHANGE = {"kind": "change", "change": {**ENTRY, "number": 1, "status": "intended"}}
REPORT = {
    "kind": "report",
    "outcome": "recovered",
    "outcomes": {"db": "recovered"},
    "next_step": "nothing to do",
    "duration_s": 9.5,
    "files": {"html": "/state/report.html"},
}


class Screen:
    """What Ansible's Display would print."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self.columns = 80
        self.out: list[str] = []
        self.err: list[str] = []
        self.log: list[str] = []
        self.warnings: list[str] = []

    def display(
        self,
        msg: str,
        color: str | None = None,
        stderr: bool = False,
        screen_only: bool = False,
        log_only: bool = False,
    ) -> None:
        if not log_only:
            (self.err if stderr else self.out).append(msg)
        if not screen_only:
            self.log.append(msg)

    def warning(self, msg: str) -> None:
        self.warnings.append(msg)


class Responder:
    """The callback with a screen to look at."""

    def __init__(self, verbosity: int = 0) -> None:
        self.screen = Screen(verbosity)
        self.callback = CallbackModule()
        self.callback._display = self.screen
        self.callback.v2_playbook_on_play_start(PLAY)

    def result(self, role: str = "", task: dict[str, Any] | None = None, **result: Any) -> Any:
        owner = SimpleNamespace(_role_name=role, _role_collection="oncall.runbooks")
        named: dict[str, Any] = {
            "name": "Do it",
            "action": "oncall.runbooks.x",
            "_uuid": "u",
            "delegate_to": None,
            "ignore_unreachable": None,
        }
        named |= {"_role": owner if role else None, "loop": None, **(task or {})}
        host = SimpleNamespace(get_name=lambda: "db")
        return SimpleNamespace(host=host, task=SimpleNamespace(**named), result=dict(result))

    def show(self, role: str, *items: Any, **result: Any) -> None:
        self.callback.v2_runner_on_ok(self.result(role, incident_show=list(items), **result))

    @property
    def out(self) -> list[str]:
        """Without the time, which is another each time."""
        return [line[9:] if line.startswith("[") else line for line in self.screen.out]


@pytest.fixture
def at() -> Responder:
    return Responder()


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a terminal nor AWX, and a command line of a responder."""
    monkeypatch.delenv("AWX_HOST", raising=False)
    monkeypatch.setattr(sys, "argv", ["ansible-playbook", "x.yml"])


def stats(**counts: int) -> Any:
    return SimpleNamespace(processed={"db": 1}, summarize=lambda host: counts)


def test_a_whole_run(at: Responder) -> None:
    at.show("incident", RUN)
    at.show("diagnostics", FINDINGS)
    at.show("decision", PLAN, {"kind": "lock", "service": "db", "state": "acquired"})
    at.show("diagnostics", {**FINDINGS, "stage": "under_lock"})
    at.show("decision", {**PLAN, "stage": "under_lock"})
    at.show("incident", CHANGE)
    made = {**CHANGE["change"], "status": "made", "after": {"ended": [1, 2]}}  # type: ignore[dict-item]
    at.show("incident", {"kind": "change", "change": made})
    at.show("diagnostics", {**FINDINGS, "stage": "verification"})
    progress = {"kind": "progress", "service": "db", "elapsed_s": 4.2, "text": "healthy"}
    verified = {"kind": "verified", "service": "db", "status": "verified", "attempts": 1}
    at.show("verification", {**progress, "text": "16 of 17"})
    at.show("verification", progress, {**verified, "text": "healthy"})
    at.show("incident", {"kind": "lock", "service": "db", "state": "released"})
    at.show("incident", REPORT)
    at.callback.v2_playbook_on_stats(stats(ok=9))
    assert at.out == [
        "db_connection_exhausted on db in production",
        "incident INC-1",
        "",
        "Diagnose",
        "           value  threshold",
        "  CRIT     100 %       95 %  17 of 17 slots",
        "",
        "Decide",
        "  PLANNED  safe  end 4 sessions",
        "  lock taken",
        "  read again under the lock: unchanged",
        "",
        "Contain",
        "  ending 4 sessions …",
        "  DONE    change 1: 2 ended",
        "",
        "Verify",
        "     4.2 s  16 of 17",
        "  VERIFIED  healthy (1 reading)",
        "",
        "  Report     /state/report.html",
        "  Outcome    RECOVERED after 9.5 s: changed, and verified",
        "  Next step  nothing to do",
    ]
    assert at.screen.err == []


def test_the_same_run_is_opened_once_and_another_begins_anew(at: Responder) -> None:
    at.show("incident", RUN, RUN, FINDINGS)
    at.show("incident", {**RUN, "run": "r2", "incident": "INC-2"})
    at.show("diagnostics", {**FINDINGS, "stage": "under_lock"})
    assert [line for line in at.out if "incident" in line] == ["incident INC-1", "incident INC-2"]
    # What the run before found says nothing about this one.
    assert not any("read again" in line for line in at.out)


@pytest.mark.parametrize(("verbosity", "shown"), [(0, 2), (1, 3)])
def test_a_wait_without_news_is_quiet(verbosity: int, shown: int) -> None:
    at = Responder(verbosity)
    for seconds in (1, 2, 30):
        progress = {"kind": "progress", "service": "db", "elapsed_s": seconds, "text": "full"}
        at.show("verification", progress)
    assert sum("full" in line for line in at.out) == shown


def test_the_last_attempt_is_told_when_it_says_more_than_the_verification(at: Responder) -> None:
    progress = {"kind": "progress", "service": "db", "elapsed_s": 1, "text": "16 of 17"}
    at.show("verification", progress, {"kind": "verified", "status": "failed", "text": "too late"})
    assert at.out[-2:] == ["     1.0 s  16 of 17", "  NOT HEALTHY  too late (0 readings)"]


def test_every_item_is_shown_once_though_a_loop_repeats_its_results(at: Responder) -> None:
    at.callback.v2_runner_item_on_ok(at.result("diagnostics", incident_show=[FINDINGS]))
    results = [{"incident_show": [FINDINGS]}]
    at.callback.v2_runner_on_ok(at.result("diagnostics", results=results))
    assert sum("17 of 17" in line for line in at.out) == 1


def test_an_attempt_of_until_is_shown_while_it_waits(at: Responder) -> None:
    progress = {"kind": "progress", "service": "db", "elapsed_s": 1, "text": "not yet"}
    at.callback.v2_runner_retry(at.result("verification", incident_show=[progress]))
    assert at.out[-1].endswith("not yet")


def test_an_item_that_cannot_be_shown_does_not_hide_the_next(
    at: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_item: Any, _page: Any) -> Any:
        raise ValueError("no\x1b[31m")

    monkeypatch.setitem(KINDS, "lock", broken)
    at.show("incident", {"kind": "lock"}, REPORT)
    assert at.out[-1] == "  Next step  nothing to do"
    assert at.screen.warnings == ["could not show lock: ValueError: no\\x1b[31m"]


@pytest.mark.parametrize("show", [None, "text", 3, {}, [None, "text"], [{}], [{"kind": None}]])
def test_what_is_no_item_is_left_alone(at: Responder, show: Any) -> None:
    at.callback.v2_runner_on_ok(at.result("diagnostics", incident_show=show))
    assert (at.out, at.screen.warnings) == ([], [])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_item_of_any_kind_can_be_shown(at: Responder, kind: str) -> None:
    at.show("diagnostics", {"kind": kind})
    odd = {"change": 3, "services": 3, "files": 3, "entries": 3, "findings": 3, "outcomes": 3}
    at.show("diagnostics", {"kind": kind, "run": "r2", **odd}, FINDINGS)
    assert at.screen.warnings == []


def test_an_unknown_kind_shows_its_text(at: Responder) -> None:
    at.show("decision", {"kind": "future", "text": "one\ntwo"}, {"kind": "future"})
    assert at.out == ["", "Decide", "  one two"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"evidence": "b"}, "  read again under the lock: unchanged"),
        (
            {"value": 99.0, "summary": "moved"},
            "  read again under the lock: the same findings, with newer figures",
        ),
        ({"severity": "warn"}, "  WARN     100 %       95 %  17 of 17 slots"),
    ],
)
def test_findings_under_the_lock(at: Responder, change: dict[str, Any], expected: str) -> None:
    at.show("diagnostics", FINDINGS)
    at.show("diagnostics", {**FINDINGS, "stage": "under_lock", "findings": [FINDING | change]})
    assert at.out[-1] == expected


def test_a_plan_that_changed_under_the_lock_is_shown_again(at: Responder) -> None:
    at.show("decision", PLAN)
    at.show("decision", {**PLAN, "stage": "under_lock"})
    at.show("decision", {**PLAN, "stage": "under_lock", "entries": [ENTRY | {"summary": "end 5"}]})
    assert at.out == ["", "Decide", "  PLANNED  safe  end 4 sessions", "  PLANNED  safe  end 5"]


def test_a_phase_that_shows_nothing_has_no_heading(at: Responder) -> None:
    at.callback.v2_playbook_on_task_start(at.result("diagnostics").task, False)
    at.callback.v2_runner_on_ok(at.result("diagnostics"))
    at.callback.v2_runner_on_ok(at.result("containment", changed=True))
    at.callback.v2_runner_on_skipped(at.result("scaling", skipped=True))
    assert at.out == []


def test_a_heading_has_the_time_its_phase_began(
    at: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at.callback._began
    monkeypatch.setattr("time.time", lambda: now)
    now += 2.5
    at.callback.v2_playbook_on_task_start(at.result("diagnostics").task, False)
    now += 10
    at.show("diagnostics", FINDINGS)
    assert at.screen.out[:2] == ["", "[ 2.5 s] Diagnose"]


@pytest.mark.parametrize(("changes", "times"), [([], 1), ([CHANGE], 2)])
def test_the_approving_command_is_repeated_when_it_has_scrolled_away(
    at: Responder, changes: list[Any], times: int
) -> None:
    at.show("incident", RUN)
    at.show("decision", {**PLAN, "entries": [WAITING]}, *changes)
    at.show("incident", {**REPORT, "outcome": "needs_approval"})
    command = "ansible-playbook x.yml -e approve=raise_it"
    assert [line.strip() for line in at.out].count(command) == times


def test_the_command_is_the_one_that_was_typed(
    at: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["/opt/bin/ansible-playbook", "x.yml", "--vault-password-file", "/x", "-e", "a_token=t"]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr("shutil.which", lambda name: f"/opt/bin/{name}")
    at.show("decision", {**PLAN, "entries": [WAITING]})
    expected = "ansible-playbook x.yml --vault-password-file *** -e a_token=*** -e approve=raise_it"
    assert at.out[-1].strip() == expected
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert typed(words)[0] == "/opt/bin/ansible-playbook"


def test_break_glass_is_told_once_for_each_purpose(at: Responder) -> None:
    for purpose in ("read it", "read it", "end sessions"):
        at.show("diagnostics", {"kind": "break_glass", "service": "db", "purpose": purpose})
    assert sum("BREAK GLASS" in line for line in at.out) == 2


OWN = {"action": "oncall.runbooks.x"}
FOREIGN = {"action": "ansible.builtin.command"}


@pytest.mark.parametrize(
    ("task", "role", "result", "expected"),
    [
        (OWN, "", {"msg": "error: max_terminate: got -5"}, "error: max_terminate: got -5"),
        (OWN, "", {"msg": "locked: by alice"}, "locked: by alice"),
        (FOREIGN, "", {"msg": "boom"}, "error: boom (task: Do it)"),
        (FOREIGN, "recovery", {"msg": "boom"}, "error: boom (task: Do it)"),
        ({"action": "ansible.builtin.fail"}, "", {"msg": "no\nway"}, "error: no way"),
        (OWN, "", {"msg": "a\x1b[2Jb"}, "error: a\\x1b[2Jb"),
        (
            OWN,
            "",
            {"censored": "x"},
            "error: the task 'Do it' failed; its output is hidden (no_log)",
        ),
    ],
)
def test_a_failure_is_one_line_on_stderr(
    at: Responder, task: dict[str, Any], role: str, result: dict[str, Any], expected: str
) -> None:
    exception = "Traceback (most recent call last)"
    at.callback.v2_runner_on_failed(at.result(role, task, exception=exception, **result))
    assert (at.screen.err, at.out) == ([expected], [])


def test_of_several_hosts_the_failed_one_is_named(at: Responder) -> None:
    for name in ("db", "redis"):
        at.callback.v2_runner_on_start(SimpleNamespace(get_name=lambda name=name: name), None)
    at.callback.v2_runner_on_failed(at.result(msg="boom"))
    assert at.screen.err == ["error: db: boom"]


def test_an_ignored_failure_is_silent(at: Responder) -> None:
    at.callback.v2_runner_item_on_failed(at.result(msg="one"))
    at.callback.v2_runner_on_failed(at.result(msg="boom"), ignore_errors=True)
    assert (at.screen.err, at.out) == ([], [])


def test_each_failed_item_of_a_loop_is_one_line(at: Responder) -> None:
    for name in ("a", "b"):
        item = at.result(msg=f"boom {name}", _ansible_item_label=name)
        at.callback.v2_runner_item_on_failed(item)
    at.callback.v2_runner_on_failed(at.result(msg="One or more items failed"))
    assert at.screen.err == ["error: boom a (item: a)", "error: boom b (item: b)"]


def test_a_failure_that_shows_itself_is_not_told_twice(at: Responder) -> None:
    refused = {"kind": "lock", "service": "db", "state": "refused", "message": "held by alice"}
    result = at.result("decision", msg="locked: held by alice", incident_show=[refused])
    at.callback.v2_runner_on_failed(result)
    assert at.out[-1] == "  LOCKED  held by alice"
    assert at.screen.err == []


def test_a_failed_change_does_not_repeat_what_its_task_said(at: Responder) -> None:
    at.callback.v2_runner_on_failed(at.result(msg="unrecovered: it is gone"))
    change = {**CHANGE["change"], "status": "failed", "message": "unrecovered: it is gone"}  # type: ignore[dict-item]
    failed = at.result("incident", msg="x", incident_show=[{"kind": "change", "change": change}])
    at.callback.v2_runner_on_failed(failed)
    assert at.out[-1] == "  FAILED  change 1: could not end 4 sessions"
    assert at.screen.err == ["unrecovered: it is gone"]


def test_a_failed_change_says_why(at: Responder) -> None:
    change = {**ENTRY, "status": "failed", "message": "it is gone"}
    at.show("incident", {"kind": "change", "change": change})
    assert at.out[-1] == "  FAILED  it is gone"


@pytest.mark.parametrize(
    ("on_terminal", "err"), [(True, []), (False, ["refused: by hand: restart it"])]
)
def test_a_failed_report_is_its_block_and_a_line_for_who_reads_only_stderr(
    at: Responder, monkeypatch: pytest.MonkeyPatch, on_terminal: bool, err: list[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: on_terminal)
    report = {**REPORT, "outcome": "refused", "next_step": "by hand: restart it"}
    result = at.result("incident", msg="refused: by hand: restart it", incident_show=[report])
    at.callback.v2_runner_on_failed(result)
    assert at.out[-1] == "  Next step  by hand: restart it"
    assert at.screen.err == err


def test_unreachable_is_one_line(at: Responder) -> None:
    at.callback.v2_runner_on_unreachable(at.result(msg="Task failed: no\nroute"))
    assert at.screen.err == ["error: db is unreachable: no route"]


def test_unreachable_may_be_ignored(at: Responder) -> None:
    at.callback.v2_runner_on_unreachable(at.result("", {"ignore_unreachable": True}, msg="x"))
    assert at.screen.err == []


EVENTS = (
    "v2_runner_on_ok",
    "v2_runner_on_failed",
    "v2_runner_on_unreachable",
    "v2_runner_on_skipped",
    "v2_runner_item_on_ok",
    "v2_runner_item_on_failed",
)


@pytest.mark.parametrize("event", EVENTS)
def test_warnings_are_handled_as_everywhere(
    at: Responder, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    handled: list[Any] = []
    monkeypatch.setattr(at.callback, "_handle_warnings_and_exception", handled.append)
    result = at.result(msg="x", warnings=["look out"], exception="Traceback")
    getattr(at.callback, event)(result)
    assert handled == [result]
    assert "exception" not in result.result


@pytest.mark.parametrize("event", ["v2_runner_item_on_failed", "v2_runner_on_unreachable"])
def test_what_goes_wrong_is_shown_too(at: Responder, event: str) -> None:
    getattr(at.callback, event)(at.result("diagnostics", msg="x", incident_show=[FINDINGS]))
    assert at.out[-1].endswith("17 of 17 slots")


def test_no_host_matched_is_an_error(at: Responder) -> None:
    at.callback.v2_playbook_on_no_hosts_matched()
    assert at.screen.err == ["error: no host matches, so nothing was done"]


def test_a_run_that_broke_off_says_so_and_counts(at: Responder) -> None:
    at.show("incident", RUN)
    at.callback.v2_playbook_on_stats(stats(ok=3, failures=1, changed=0))
    assert at.out[2:] == [
        "",
        "  The run broke off before its report was written. What is known of it: "
        "/state/incidents/INC-1",
        "  db  3 ok, 1 failed",
    ]


@pytest.mark.parametrize(("verbosity", "recaps"), [(0, 0), (1, 1)])
def test_no_recap_after_a_report(verbosity: int, recaps: int) -> None:
    at = Responder(verbosity)
    at.show("incident", RUN, REPORT)
    at.callback.v2_playbook_on_stats(stats(ok=3))
    assert sum("3 ok" in line for line in at.out) == recaps


@pytest.mark.parametrize(
    ("task", "role", "result", "verbosity", "expected"),
    [
        (FOREIGN, "", {"changed": True}, 0, ["  · changed  Do it"]),
        (FOREIGN, "", {"changed": False}, 0, []),
        (FOREIGN, "", {"changed": False}, 1, ["  · ok       Do it"]),
        (FOREIGN, "", {"changed": False}, 2, ["  · ok       Do it"]),
        (OWN, "", {"changed": True}, 0, []),
        (FOREIGN, "recovery", {"changed": True}, 0, []),
        (FOREIGN, "recovery", {"changed": True}, 1, ["", "Recover", "  · changed  Do it"]),
    ],
)
def test_lines_of_tasks(
    task: dict[str, Any],
    role: str,
    result: dict[str, Any],
    verbosity: int,
    expected: list[str],
) -> None:
    at = Responder(verbosity)
    at.callback.v2_runner_on_ok(at.result(role, task, **result))
    assert at.out == expected


def test_a_play_that_has_shown_something_is_quiet_about_other_tasks(at: Responder) -> None:
    at.show("incident", RUN)
    before = list(at.out)
    at.callback.v2_runner_on_ok(at.result("", FOREIGN, changed=True))
    assert at.out == before
    at.callback.v2_playbook_on_play_start(PLAY)
    at.callback.v2_runner_on_ok(at.result("", FOREIGN, changed=True))
    assert at.out == [*before, "  · changed  Do it"]


def test_each_task_has_a_line_with_v(at: Responder) -> None:
    at.screen.verbosity = 1
    at.callback.v2_runner_on_skipped(at.result())
    at.callback.v2_runner_on_failed(at.result(msg="boom"), ignore_errors=True)
    at.callback.v2_runner_retry(at.result("", OWN))
    assert at.out == ["  · skipped  Do it", "  · ignored  Do it", "  · again    Do it"]
    assert at.screen.err == []


@pytest.mark.parametrize(
    ("task", "role", "shown"), [(FOREIGN, "", 1), (OWN, "", 0), (FOREIGN, "recovery", 0)]
)
def test_a_retry_of_somebody_elses_task_is_told(
    at: Responder, task: dict[str, Any], role: str, shown: int
) -> None:
    at.callback.v2_runner_retry(at.result(role, task))
    assert len(at.out) == shown
    at.show("incident", RUN)
    before = len(at.out)
    at.callback.v2_runner_retry(at.result(role, task))
    assert len(at.out) == before


def test_a_role_of_another_collection_is_not_ours(at: Responder) -> None:
    role = SimpleNamespace(_role_name="web", _role_collection="acme.web")
    at.callback.v2_runner_on_ok(at.result("", {**FOREIGN, "_role": role}, changed=True))
    assert at.out == ["  · changed  Do it"]


@pytest.mark.parametrize(("task", "shown"), [(FOREIGN, 1), (OWN, 0)])
def test_debug_prints_what_it_is_for(at: Responder, task: dict[str, Any], shown: int) -> None:
    at.callback.v2_runner_on_ok(at.result("", task, msg="hello", _ansible_verbose_always=True))
    assert sum("hello" in line for line in at.out) == shown


def test_with_vvv_each_result_is_printed_whole() -> None:
    at = Responder(3)
    at.callback.v2_runner_on_ok(at.result("", FOREIGN, rc=7))
    assert '"rc": 7' in at.out[0]
    at.callback.v2_runner_on_unreachable(at.result("", FOREIGN, msg="x", rc=8))
    assert '"rc": 8' in at.screen.err[-1]


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ({"diff": {"before": "a\n", "after": "b\n"}, "changed": True}, 1),
        ({"diff": {"before": "a\n", "after": "b\n"}, "changed": False}, 0),
        ({"changed": True}, 0),
        ({"results": [{"diff": {"before": "a\n", "after": "b\n"}, "changed": True}] * 2}, 2),
    ],
)
def test_a_diff_that_was_asked_for(at: Responder, result: dict[str, Any], shown: int) -> None:
    at.callback.v2_on_file_diff(at.result("", FOREIGN, **result))
    assert sum("-a" in text and "+b" in text for text in at.out) == shown


def test_details_of_a_result_come_with_vvv_and_without_what_is_shown() -> None:
    at = Responder(3)
    loop = [{"incident_show": [1], "x": 1}]
    result = at.result("", FOREIGN, msg="boom", rc=7, incident_show=[], results=loop)
    at.callback.v2_runner_on_failed(result)
    said = "\n".join(at.screen.err)
    assert '"rc": 7' in said
    assert "incident_show" not in said


def test_nothing_that_no_log_hides_is_told() -> None:
    at = Responder(3)
    hidden = {"censored": "hidden", "exception": "hunter2", "changed": False}
    at.callback._current_task_result = SimpleNamespace(exception="hunter2", warnings=[])
    at.callback.v2_runner_on_failed(at.result("", OWN, **hidden))
    at.callback.v2_runner_on_failed(at.result("", OWN, results=[hidden], msg="items failed"))
    assert "hunter2" not in "\n".join(at.screen.err + at.screen.out)


def test_the_log_has_no_colours(at: Responder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible.utils.color.ANSIBLE_COLOR", True)
    at.show("diagnostics", FINDINGS)
    assert any("\x1b[" in line for line in at.screen.out)
    assert not any("\x1b[" in line for line in at.screen.log)
    assert any("CRIT" in line for line in at.screen.log)


def test_width_is_that_of_the_option(at: Responder) -> None:
    at.callback._plugin_options["width"] = 40
    at.show("decision", {"kind": "future", "text": "word " * 30})
    assert max(map(len, at.out)) <= 40


def test_the_width_of_a_terminal_is_asked_for_each_time(
    at: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("LINES", "24")
    for columns, width in (("80", 79), ("140", 139), ("10", 40)):
        monkeypatch.setenv("COLUMNS", columns)
        page = at.callback._page()
        assert (page.width, page.fold) == (width, True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    page = at.callback._page()
    assert (page.width, page.fold) == (100, False)


def test_the_time_counts_from_the_start_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incident, "started_at", lambda _pid: 123.0)
    assert CallbackModule()._began == 123.0
    monkeypatch.setattr(incident, "started_at", lambda _pid: None)
    monkeypatch.setattr("time.time", lambda: 456.0)
    assert CallbackModule()._began == 456.0


ACTION = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        return {**super().run(tmp, task_vars), **self._task.args}
"""


def test_with_the_real_ansible(tmp_path: Path) -> None:
    """The contract with this version of ansible-core, deprecation warnings included."""
    collections = Path(incident.__file__).parents[5]
    (tmp_path / "action_plugins").mkdir()
    (tmp_path / "action_plugins" / "fake.py").write_text(ACTION)
    failed = {"failed": True, "msg": "refused: by hand", "incident_show": [REPORT]}
    tasks = [
        {"fake": {"incident_show": [RUN, FINDINGS]}},
        {"fake": {"msg": "item", "failed": "{{ item }}"}, "loop": [False, True]},
        {"fake": failed},
    ]
    (tmp_path / "ansible.cfg").touch()
    block = {"block": tasks[:2], "rescue": [{"meta": "noop"}], "always": tasks[2:]}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [block]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": CallbackModule.CALLBACK_NAME,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-c", "local", str(tmp_path / "play.yml")],
        capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: item (task: fake) (item: True)", "refused: by hand"]
    shown = done.stdout.splitlines()
    assert shown[0] == "db_connection_exhausted on db in production"
    assert shown[-2:] == [
        "  Outcome    RECOVERED after 9.5 s: changed, and verified",
        "  Next step  nothing to do",
    ]
