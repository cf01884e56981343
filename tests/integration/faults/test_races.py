# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PG12: a session that was listed has begun to work when it is to be ended. It survives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way, resolve
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import PLAYBOOK, extra

AGES = {"idle_seconds": 1, "idle_in_transaction_seconds": 60}


def nothing_is_executed(command: str, stdin: str) -> tuple[int, str, str]:
    raise AssertionError(f"via: tcp ran {command}")


@pytest.fixture
def way(quiet: Any) -> Way:
    given = {"via": "tcp", "user": "oncall", "password_file": str(quiet.password_file("oncall"))}
    dsn = quiet.dsn("oncall")
    entry = {**given, "host": dsn["host"], "port": dsn["port"], "database": dsn["dbname"]}
    return resolve(entry, "normal", os.environ)


def listed(way: Way) -> list[dict[str, Any]]:
    document = client.read(way, ["sessions"], AGES, nothing_is_executed)
    return [
        {"pid": session["pid"], "backend_start": session["backend_start"]}
        for session in document["sessions"]["endable"]
    ]


def end(way: Way, sessions: list[dict[str, Any]], **more: Any) -> tuple[list[int], dict[int, str]]:
    """The pids that were ended, and why others were not."""
    params = {**AGES, "cap": 20, **more, "sessions": sessions}
    answer = client.end(way, params, nothing_is_executed)
    ended = [session["pid"] for session in answer["ended"]]
    return ended, {session["pid"]: session["reason"] for session in answer["skipped"]}


def test_what_was_listed_is_looked_at_again(way: Way, crowd: Any) -> None:
    begins, works, leaves, listens, idle = crowd.open(5)
    crowd.age()
    sessions = listed(way)
    assert [session["pid"] for session in sessions] == [begins, works, leaves, listens, idle]

    crowd.session(begins).execute("BEGIN")
    crowd.session(works).execute("SELECT 1")
    crowd.session(leaves).close()
    crowd.session(listens).execute("LISTEN orders")
    while crowd.server.query("SELECT FROM pg_stat_activity WHERE pid = %s", leaves):
        time.sleep(0.02)
    ended, skipped = end(way, sessions)
    assert ended == [idle]
    assert skipped.pop(leaves) == "gone"
    assert skipped.pop(listens) in ("protected", "candidate_no_longer_matches")
    assert skipped == dict.fromkeys((begins, works), "candidate_no_longer_matches")
    assert {begins, works, listens} <= crowd.alive()


def test_a_pid_of_another_session_is_not_ended(way: Way, crowd: Any) -> None:
    """The same number, given to a session that began at another time."""
    (pid,) = crowd.open(1)
    crowd.age()
    (session,) = listed(way)
    stale = {**session, "backend_start": "2020-01-01T00:00:00.000000Z"}
    assert end(way, [stale]) == ([], {pid: "gone"})
    assert crowd.alive() == {pid}


def test_the_cap_holds_whatever_is_asked(way: Way, crowd: Any) -> None:
    opened = crowd.open(4)
    crowd.age()
    ended, skipped = end(way, listed(way), cap=1)
    assert (ended, skipped) == (opened[:1], dict.fromkeys(opened[1:], "over_cap"))


def test_a_dry_run_ends_nothing(way: Way, crowd: Any) -> None:
    opened = crowd.open(2)
    crowd.age()
    assert end(way, listed(way), dry_run=True) == (opened, {})
    assert crowd.alive() == set(opened)


def planned_under_lock(case: Any) -> bool:
    lines = [
        line
        for path in case.site.state.glob("incidents/*/*.jsonl")
        for line in Journal(path).read()
    ]
    return any(line["type"] == "plan" and line["data"]["stage"] == "under_lock" for line in lines)


def held_after_the_plan(case: Any) -> subprocess.Popen[str]:
    """A run that has read twice, has its plan and the lock, and does not go on."""
    process: subprocess.Popen[str] = case.site.start(
        PLAYBOOK, *extra({"service": "db", **case.variables})
    )
    while not planned_under_lock(case):
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    process.send_signal(signal.SIGSTOP)
    return process


@pytest.mark.slow
def test_a_run_leaves_those_that_came_alive(drill: Any, crowd: Any) -> None:
    case = drill()
    opened = crowd.open()
    crowd.age()
    process = held_after_the_plan(case)
    planned = opened[:4]
    for pid in planned[1:]:
        crowd.session(pid).execute("BEGIN")
    process.send_signal(signal.SIGCONT)
    stdout, stderr = process.communicate(timeout=60)

    (path,) = case.site.reports()
    report = json.loads(path.read_text())
    (change,) = report["changes"]
    assert [session["pid"] for session in change["after"]["ended"]] == planned[:1]
    assert {skipped["pid"]: skipped["reason"] for skipped in change["after"]["skipped"]} == (
        dict.fromkeys(planned[1:], "candidate_no_longer_matches")
    )
    assert crowd.alive() == set(opened[1:])
    # One was not enough, and it does not say that it was.
    assert (report["outcome"], process.returncode != 0) == ("unrecovered", True), stdout + stderr
