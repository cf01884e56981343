# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TokPulse's webhooks, with its own inventory: a unit that delivers them, and a receiver that counts."""

from __future__ import annotations

import collections
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import Machine
from ansible_collections.oncall.runbooks.tests.integration.queue.queue_drill import QUICK
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import Product
from ansible_collections.oncall.runbooks.tests.lab import bullmq, engine, lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
UNIT = "tokpulse-webhooks"
ASKED = {**QUICK, "service": "webhooks"}
APPROVED = {"approve": "replay_failed"}
# All that the queue is, but for what idle workers write by themselves.
KEPT = """local out = {}
for _, key in ipairs(redis.call('KEYS', 'bull:*')) do
  if not key:find(':stalled', 1, true) then out[#out + 1] = key .. redis.sha1hex(redis.call('DUMP', key)) end
end
table.sort(out)
return out"""


@dataclass
class Receiver:
    """Whom the webhooks are for. Nobody listens while it is down."""

    host: str
    port: int = 0
    arrived: collections.Counter[str] = field(default_factory=collections.Counter)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/in"

    @contextmanager
    def listening(self) -> Iterator[None]:
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                arrived[self.headers["X-Delivery"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        with ThreadingHTTPServer((self.host, self.port), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            yield
            server.shutdown()


@dataclass
class House:
    host: lab.Host
    machine: Machine
    receiver: Receiver
    site: Product

    def queue(self, verb: str, *words: str) -> dict[str, Any]:
        """BullMQ's own word, after it was told something."""
        given = f"WEBHOOK_URL={self.receiver.url} LAB_REDIS_PORT=6379"
        told = " ".join([verb, "webhooks", *words])
        return dict(json.loads(self.machine.sh(f"{given} node /opt/webhooks/queue.js {told}")))

    def all_failed(self, number: int) -> None:
        """While nobody receives them."""
        self.queue("add", str(number))
        wait_for("they fail", lambda: self.queue("ask")["failed"] == number, 30)

    def snapshot(self) -> tuple[str, str, str]:
        kept = self.host.execute("redis-cli", "EVAL", KEPT, "0")
        return self.machine.units(), self.machine.files(), kept

    def run(self, *options: str, **given: Any) -> Any:
        words = ("-e", json.dumps({**ASKED, **given}), *options)
        done = self.site.run("webhook_failures", *words)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [self.host.password])
        return done

    def unchanged(self, outcome: str, *options: str, **given: Any) -> Any:
        before = self.snapshot()
        done = self.run(*options, **given)
        assert self.snapshot() == before and not done.report["changes"]
        assert done.outcome == outcome, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if missing := bullmq.missing():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("tokpulse")
    receiver = Receiver(engine.address(), lab.free_port())
    try:
        opened = lab.systemd_host("tokpulse", *bullmq.carried())
        with opened as host:
            machine = Machine(host.name, folder)
            if host.active(UNIT) != "active":
                pytest.skip("the Node of this machine does not run in the lab's machines")
            machine.sh(f"echo WEBHOOK_URL={receiver.url} >/etc/tokpulse/webhooks.env")
            machine.sh(f"systemctl restart {UNIT}")
            site = Product(host.inventory(folder / "where"), folder / "state", "tokpulse")
            yield House(host, machine, receiver, site)
    except lab.Skipped as why:
        pytest.skip(str(why))


def planned(done: Any) -> list[tuple[str, str]]:
    return [(one["action"], one["status"]) for one in done.report["plan"]]


def reasons(done: Any) -> set[str]:
    return {one["reason"] for one in done.report["findings"] if one["severity"] != "ok"}


def each_arrived_once(house: House, number: int) -> bool:
    arrived = house.receiver.arrived
    return len(arrived) == number and set(arrived.values()) == {1}


def test_webhooks_that_failed_are_delivered_once_by_whoever_was_stopped(house: House) -> None:
    """Their receiver was down, then the unit was. It is started first, and they go when that is approved."""
    with house.receiver.listening():
        house.queue("add", "5")
        wait_for("they arrive", lambda: house.queue("ask")["completed"] == 5, 20)
        house.unchanged("healthy")
    house.all_failed(40)
    house.machine.sh(f"systemctl stop {UNIT}")
    checked = house.unchanged("planned", "--check", **APPROVED)
    assert planned(checked) == [("start_service", "planned"), ("replay_failed", "planned")]
    assert {"stopped", "failed_jobs"} <= reasons(checked)
    assert "ECONNREFUSED" in checked.finding("queue_failed")["summary"]
    assert len(house.receiver.arrived) == 5
    with house.receiver.listening():
        done = house.run(**APPROVED)
        assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
        assert changes(done) == ["start_service", "replay_failed"]
        assert reasons(done) == reasons(checked)
        wait_for("each arrives once", lambda: each_arrived_once(house, 45), 20)
        again = house.unchanged("healthy", **APPROVED)
    assert not again.report["plan"] and each_arrived_once(house, 45)


def test_one_that_hangs_is_restarted_before_they_go(house: House) -> None:
    """Connected to its queue, and doing nothing; what came meanwhile is delivered, too."""
    there = len(house.receiver.arrived)
    house.all_failed(10)
    house.machine.sh(f"systemctl kill --signal STOP {UNIT}")
    house.queue("add", "3")
    with house.receiver.listening():
        done = house.run(**APPROVED)
        assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
        assert changes(done) == ["restart_service", "replay_failed"]
        assert {"timeout", "hung", "failed_jobs"} <= reasons(done)
        wait_for("each arrives once", lambda: each_arrived_once(house, there + 13), 20)
