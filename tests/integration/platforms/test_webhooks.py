# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks that failed on each platform: whoever delivers them is back first, then each goes once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.queue import webhook_houses
from ansible_collections.oncall.runbooks.tests.integration.queue.webhook_houses import (
    UNIT,
    House,
    TokPulse,
)
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import bullmq, lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
APPROVED = {"approve": "replay_failed"}


@pytest.fixture(scope="module", params=["systemd", "compose", "kubernetes"])
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    if missing := bullmq.missing():
        pytest.skip(missing)
    try:
        with webhook_houses.opened(request.param, tmp_path_factory.mktemp("webhooks")) as house:
            yield house
    except lab.Skipped as why:
        pytest.skip(str(why))


def planned(done: Any) -> list[tuple[str, str]]:
    return [(one["action"], one["status"]) for one in done.report["plan"]]


def reasons(done: Any) -> set[str]:
    return {one["reason"] for one in done.report["findings"] if one["severity"] != "ok"}


def test_webhooks_that_failed_are_delivered_once(stack: House) -> None:
    """Their receiver was down, then whoever delivers them was. They go when that is approved."""
    receiver = stack.receiver
    with receiver.listening():
        stack.queue("add", "5")
        wait_for("they arrive", lambda: stack.queue("ask")["completed"] == 5, 30)
        stack.unchanged("healthy")
    stack.all_failed(40)
    stack.break_it()
    checked = stack.unchanged("planned", "--check", **APPROVED)
    assert planned(checked) == [(stack.action, "planned"), ("replay_failed", "planned")]
    assert {stack.reason, "failed_jobs"} <= reasons(checked)
    assert "ECONNREFUSED" in checked.finding("queue_failed")["summary"]
    assert receiver.each_once(5)
    with receiver.listening():
        done = stack.run(**APPROVED)
        assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
        assert changes(done) == [stack.action, "replay_failed"]
        assert {stack.reason, "failed_jobs"} <= reasons(done)
        wait_for("each arrives once", lambda: receiver.each_once(45), 30)
        again = stack.unchanged("healthy", **APPROVED)
    assert not again.report["plan"] and receiver.each_once(45)


@pytest.mark.parametrize("stack", ["systemd"], indirect=True)
def test_one_that_hangs_is_restarted_before_they_go(stack: TokPulse) -> None:
    """Connected to its queue, and doing nothing; what came meanwhile is delivered, too."""
    there = len(stack.receiver.arrived)
    stack.all_failed(10)
    stack.machine.sh(f"systemctl kill --signal STOP {UNIT}")
    stack.queue("add", "3")
    with stack.receiver.listening():
        done = stack.run(**APPROVED)
        assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
        assert changes(done) == ["restart_service", "replay_failed"]
        assert {"timeout", "hung", "failed_jobs"} <= reasons(done)
        wait_for("each arrives once", lambda: stack.receiver.each_once(there + 13), 30)
