# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A backlog: workers come back, more of them come, or the queue is paused; nobody's pause is ended but our own."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import spoken
from ansible_collections.oncall.runbooks.tests.integration.queue.queue_drill import keys, settled
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import bullmq

pytestmark = pytest.mark.slow
PAUSE = {"pause": True}


def backlog(server: Any, number: int, ms: int, generation: int = 6) -> None:
    bullmq.note(server, "ms", ms)
    bullmq.tell(server, "add", str(number), generation=generation)


def test_workers_that_are_gone_come_back(drill: Any, server: Any) -> None:
    case = drill()
    bullmq.tell(server, "add", "30")
    checked = case.check()
    assert checked.finding("queue_workers")["reason"] == "no_workers"
    assert checked.planned("start_service")["status"] == "planned"
    done = case.run()
    assert (done.outcome, changes(done)) == ("recovered", ["start_service"]), done.stdout
    assert bullmq.idle(server)["completed"] == 30
    case.healthy()


def test_more_of_them_come_within_bounds(drill: Any, server: Any) -> None:
    case = drill().given(warn_jobs=100, drain_minutes=1)
    bullmq.start(server)
    # Five at a time in half a second: 3000 take five minutes.
    backlog(server, 3000, 500)
    assert case.run("--check").planned("scale_service")["parameters"] == {"replicas": 2}
    done = case.run(replicas=3, drain_minutes=2)
    assert changes(done) == ["scale_service"], done.stdout + done.stderr
    assert len(bullmq.workers(server)) == 3
    assert done.outcome == "recovered", done.stdout + done.stderr
    again = case.run()
    assert "all that the catalog allows" in again.planned("scale_service")["why"]
    back = case.run(playbook="revert", incident=done.report["incident"])
    assert back.outcome == "done" and len(bullmq.workers(server)) == 1


@pytest.mark.parametrize("generation", [pytest.param(5, marks=pytest.mark.soak), 6])
def test_a_pause_is_ended_by_who_made_it(drill: Any, server: Any, generation: int) -> None:
    case = drill()
    bullmq.start(server, 1, generation)
    backlog(server, 40, 300, generation)

    def ask(verb: str = "ask") -> dict[str, Any]:
        return bullmq.tell(server, verb, generation=generation)

    done = case.run(**PAUSE)
    assert (done.outcome, changes(done)) == ("recovered", ["pause_queue"]), done.stdout
    assert done.report["changes"][0]["expires_at"] and ask()["is_paused"]
    settled(lambda: not ask()["active"])
    held = ask()
    bullmq.tell(server, "add", "5", generation=generation)
    assert ask()["completed"] == held["completed"]
    again = case.unchanged(**PAUSE)
    assert again.finding("queue_pause")["severity"] == "ok" and not again.report["plan"]

    # BullMQ and a person end it and pause it again: that one is no longer ours.
    ask("resume")
    ask("pause")
    incident = done.report["incident"]
    before = keys(server)
    back = case.run(playbook="revert", incident=incident)
    assert (back.outcome, keys(server) == before) == ("done", True), spoken(back)
    assert "somebody else paused it since" in str(back.report["changes"]) and ask()["is_paused"]
    ask("resume")
    settled(lambda: ask()["completed"] == 45)


def test_our_own_pause_lapses(drill: Any, server: Any) -> None:
    case = drill(via="exec")
    bullmq.start(server)
    backlog(server, 40, 300)
    done = case.run(**PAUSE)
    assert changes(done) == ["pause_queue"]
    again = case.run()
    assert again.finding("queue_pause")["reason"] == "paused" and not again.report["changes"]
    back = case.run(playbook="revert", incident=done.report["incident"])
    assert back.outcome == "done", spoken(back)
    settled(lambda: bullmq.tell(server, "ask")["completed"] == 40)
