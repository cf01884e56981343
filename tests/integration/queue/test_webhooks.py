# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks that failed while who delivers them was gone: it comes back, and each is delivered once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import bullmq

pytestmark = pytest.mark.slow


def test_what_failed_is_delivered_once_it_can_be(drill: Any, server: Any) -> None:
    case = drill("webhook_failures")
    bullmq.start(server)
    case.healthy()
    bullmq.note(server, "broken", "HTTP 502 from https://hooks.example.org/in?token=hunter2")
    bullmq.tell(server, "add", "80")
    assert bullmq.idle(server)["failed"] == 80
    bullmq.stop(server)
    bullmq.note(server, "broken", None)

    asked = case.check(approve="replay_failed")
    assert asked.finding("queue_failed")["reason"] == "failed_jobs"
    assert "HTTP 502" in asked.finding("queue_failed")["summary"]
    planned = [entry["action"] for entry in asked.report["plan"] if entry["status"] == "planned"]
    assert planned == ["start_service", "replay_failed"]
    done = case.run(approve="replay_failed")
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert changes(done) == ["start_service", "replay_failed"]
    said = bullmq.idle(server)
    assert (said["failed"], said["completed"]) == (0, 80)
    assert sorted(bullmq.ledger(server).values()) == [1] * 80
    case.healthy(approve="replay_failed")
