# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that failed are done once their cause is mended: each of them once, whatever happens to the run."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import extra, spoken
from ansible_collections.oncall.runbooks.tests.integration.queue.queue_drill import keys, settled
from ansible_collections.oncall.runbooks.tests.lab import bullmq

pytestmark = pytest.mark.slow
BROKEN = "connect ECONNREFUSED 10.1.2.3:25 for bob@example.org, password=hunter2"
REPLAY = {"approve": "replay_failed"}


def failed(
    server: Any, number: int, generation: int = 6, text: str = BROKEN, more: str = "{}"
) -> None:
    bullmq.note(server, "broken", text)
    bullmq.tell(server, "add", str(number), more, generation=generation)
    bullmq.idle(server)


@pytest.mark.parametrize("generation", [pytest.param(5, marks=pytest.mark.soak), 6])
def test_each_is_done_once(drill: Any, server: Any, generation: int) -> None:
    case = drill()
    bullmq.tell(server, "add", "20", generation=generation)
    bullmq.start(server, 1, generation)
    bullmq.idle(server)
    case.healthy()
    failed(server, 150, generation)
    failed(server, 10, generation, more='{"priority": 2, "lifo": true}')

    checked = case.check("needs_approval")
    found = checked.finding("queue_failed")
    assert (found["reason"], found["value"]) == ("failed_jobs", 160)
    assert "ECONNREFUSED 10.1.2.3:25" in found["summary"]
    for secret in ("bob@", "hunter2", "not-for-reports"):
        assert secret not in spoken(checked)
    bullmq.note(server, "broken", None)
    assert case.check(**REPLAY).planned("replay_failed")["status"] == "planned"
    done = case.run(**REPLAY)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    (change,) = done.report["changes"]
    assert (change["risk"], change["after"]["replayed"]) == ("disruptive", 160)
    said = bullmq.idle(server)
    assert (said["failed"], said["completed"]) == (0, 180)
    assert set(bullmq.ledger(server).values()) == {1} and len(bullmq.ledger(server)) == 180
    case.healthy(**REPLAY)


def test_a_killed_run_does_nothing_twice(drill: Any, server: Any) -> None:
    case = drill()
    bullmq.start(server)
    failed(server, 1000)
    bullmq.note(server, "broken", None)
    given = {**case.variables, "service": "mail", **REPLAY}
    process = case.site.start("queue_backed_up", *extra(given))
    settled(lambda: len(bullmq.ledger(server)) > 100, 60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    half = bullmq.idle(server)
    assert 0 < half["failed"] < 1000

    done = case.run(**REPLAY)
    assert done.outcome == "recovered", done.stdout + done.stderr
    assert bullmq.idle(server)["failed"] == 0
    counts = bullmq.ledger(server)
    assert len(counts) == 1000 and set(counts.values()) == {1}
    # The first run and the second together, and each job twice: when it failed, and when it did not.
    assert set(bullmq.ledger(server, "tried").values()) == {2}


def test_the_rest_is_left_when_the_first_fail_again(drill: Any, server: Any) -> None:
    case = drill()
    bullmq.start(server)
    failed(server, 120)
    done = case.run(**REPLAY)
    assert done.outcome == "unrecovered" and done.rc != 0
    assert "5 of the first 5 jobs failed again" in spoken(done)
    assert bullmq.idle(server)["failed"] == 120
    assert sorted(bullmq.ledger(server, "tried").values()) == [1] * 115 + [2] * 5


def test_only_what_is_named_is_removed_and_exported_before(drill: Any, server: Any) -> None:
    case = drill(via="exec").given(failed_jobs=10)
    bullmq.start(server)
    failed(server, 40, text="550 no such user")
    failed(server, 30, text="451 try again later", more='{"deduplication": {"id": "once"}}')
    failed(server, 30, text="451 try again later")
    gone = {"approve": "clean_failed@mail", "reason": "550 no such"}
    assert case.refused(approve="clean_failed@mail").planned("clean_failed")["status"] == "refused"
    assert case.check(**gone).planned("clean_failed")["risk"] == "destructive"
    before = keys(server)
    done = case.run(**gone)
    assert done.outcome == "recovered", done.stdout + done.stderr
    (change,) = done.report["changes"]
    assert change["after"]["removed"] == 40
    assert bullmq.idle(server)["failed"] == 31
    lost = {key for key in before if key not in keys(server)}
    assert len(lost) == 40

    export = done.state / "incidents" / done.report["incident"] / change["after"]["export"]
    jobs = [json.loads(line) for line in export.read_text().splitlines()]
    assert {f"bull:email:{job['id']}".encode() for job in jobs} == lost
    assert export.stat().st_mode & 0o077 == 0
    assert all(json.loads(job["fields"]["data"])["to"] for job in jobs)
    assert "not-for-reports" not in spoken(done)
    again = case.unchanged(**gone)
    assert again.outcome == "healthy", again.stdout


@pytest.mark.soak  # it measures
def test_a_large_queue_holds_nobody_up(drill: Any, server: Any) -> None:
    """100,000 jobs: no command of ours takes 10 ms, and ten times the jobs not twice as long."""
    case, took = drill(), []
    for number in (10_000, 90_000):
        fill(server, number)
        took.append(min(quick(case, server) for _time in range(2)))
    found = case.run("--check")
    assert found.finding("queue_backlog")["value"] == 100_000
    assert found.finding("queue_failed")["value"] == 100_000
    assert took[1] < 2 * took[0]


def quick(case: Any, server: Any) -> float:
    with server.client() as connection:
        connection.config_set("slowlog-log-slower-than", 10_000)
        connection.slowlog_reset()
        began = time.monotonic()
        case.run("--check", **REPLAY)
        took = time.monotonic() - began
        assert [one["command"][:60] for one in connection.slowlog_get()] == []
    return took


def fill(server: Any, number: int) -> None:
    """As BullMQ keeps them, made by the server itself: so many wait, and so many have failed."""
    script = """
    local from, time = redis.call('LLEN', 'bull:email:wait'), redis.call('TIME')[1]
    for n = from, from + ARGV[1] - 1 do
      redis.call('LPUSH', 'bull:email:wait', 'w' .. n)
      redis.call('HSET', 'bull:email:w' .. n, 'name', 'send-mail', 'timestamp', time .. '000')
      redis.call('ZADD', 'bull:email:failed', time * 1000 + n, 'f' .. n)
      redis.call('HSET', 'bull:email:f' .. n, 'name', 'send-mail', 'failedReason', 'no answer', 'timestamp', '1')
    end
    redis.call('HSET', 'bull:email:meta', 'version', 'bullmq:6.7.0')
    """
    with server.client() as connection:
        for at in range(0, number, 10_000):
            connection.eval(script, 0, min(10_000, number - at))
