# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue of webhooks where it really runs, whoever delivers them, and a receiver that counts what arrived.

On systemd it is TokPulse, with its own inventory; on Compose and Kubernetes a Redis and a worker.
"""

from __future__ import annotations

import collections
import json
import shlex
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import Machine
from ansible_collections.oncall.runbooks.tests.integration.platforms.programs import (
    GROUNDS,
    Ground,
    Program,
    Service,
)
from ansible_collections.oncall.runbooks.tests.integration.queue.queue_drill import QUICK
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import Product
from ansible_collections.oncall.runbooks.tests.lab import bullmq, engine, lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

harness = sys.modules["oncall_harness"]
UNIT, NAME = "tokpulse-webhooks", "webhooks"
PROGRAM = ("node", "/opt/webhooks/queue.js")
NODE = {"NODE_PATH": "/opt/webhooks/node_modules"}
ASKED = {**QUICK, "timeout_seconds": 120, "service": NAME}
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
    port: int
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
            try:
                yield
            finally:
                server.shutdown()

    def each_once(self, number: int) -> bool:
        return len(self.arrived) == number and set(self.arrived.values()) == {1}


@dataclass(kw_only=True)
class House(ABC):
    receiver: Receiver
    site: Any
    secrets: list[str] = field(default_factory=list)
    # What brings it back when break_it() was done to it, and what is found then.
    action: str = "start_service"
    reason: str = "stopped"

    @abstractmethod
    def beside(self, script: str) -> str:
        """Run where Redis lives."""

    @abstractmethod
    def lives(self) -> Any:
        """Another answer once anything of it was changed or restarted."""

    @abstractmethod
    def break_it(self) -> None:
        """Whoever delivers them is no use any more."""

    def port(self) -> int:
        return 6379

    def queue(self, verb: str, *words: str) -> dict[str, Any]:
        """BullMQ's own word, after it was told something."""
        given = {**NODE, "WEBHOOK_URL": self.receiver.url, "LAB_REDIS_PORT": str(self.port())}
        settings = [f"{name}={value}" for name, value in given.items()]
        told = shlex.join(["env", *settings, *PROGRAM, verb, NAME, *words])
        return dict(json.loads(self.beside(told)))

    def all_failed(self, number: int) -> None:
        """While nobody receives them."""
        self.queue("add", str(number))
        wait_for("they fail", lambda: self.queue("ask")["failed"] == number, 60)

    def snapshot(self) -> tuple[Any, str]:
        words = ("redis-cli", "-p", str(self.port()), "EVAL", KEPT, "0")
        return self.lives(), self.beside(shlex.join(words))

    def run(self, *options: str, **given: Any) -> Any:
        words = ("-e", json.dumps({**ASKED, **given}), *options)
        done = self.site.run("webhook_failures", *words, timeout=600)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, self.secrets)
        return done

    def unchanged(self, outcome: str, *options: str, **given: Any) -> Any:
        before = self.snapshot()
        done = self.run(*options, **given)
        assert self.snapshot() == before and not done.report["changes"]
        assert done.outcome == outcome, done.stdout + done.stderr
        return done


@dataclass(kw_only=True)
class TokPulse(House):
    machine: Machine

    def beside(self, script: str) -> str:
        return self.machine.sh(script)

    def lives(self) -> Any:
        return self.machine.units(), self.machine.files()

    def break_it(self) -> None:
        self.machine.sh(f"systemctl stop {UNIT}")


@dataclass(kw_only=True)
class Elsewhere(House):
    ground: Ground
    redis: Service
    worker: Service

    def port(self) -> int:
        return 8080

    def beside(self, script: str) -> str:
        return self.ground.inside(self.redis, script)

    def lives(self) -> Any:
        return self.ground.lives(self.redis), self.ground.lives(self.worker)

    def break_it(self) -> None:
        """Where pods that were taken away stay away, it hangs."""
        if self.action == "start_service":
            self.ground.stop(self.worker)
            return
        self.ground.inside(self.worker, "pkill -STOP -x node")
        wait_for("it hangs", lambda: lab.get(f"{self.worker.url}/health", 1)[0] != 200, 30)


@contextmanager
def tokpulse(folder: Path, receiver: Receiver) -> Iterator[House]:
    with lab.systemd_host("tokpulse", *bullmq.carried()) as host:
        machine = Machine(host.name, folder)
        if host.active(UNIT) != "active":
            pytest.skip("the Node of this machine does not run in the lab's machines")
        machine.sh(f"echo WEBHOOK_URL={receiver.url} >/etc/tokpulse/webhooks.env")
        machine.sh(f"systemctl restart {UNIT}")
        site = Product(host.inventory(folder / "where"), folder / "state", "tokpulse")
        yield TokPulse(receiver=receiver, site=site, machine=machine, secrets=[host.password])


@contextmanager
def elsewhere(platform: str, folder: Path, receiver: Receiver) -> Iterator[House]:
    with GROUNDS[platform](folder) as ground:
        script = 'exec redis-server --bind 0.0.0.0 --protected-mode no --save "" --port $PORT'
        ready = {"tcpSocket": {"port": 8080}}
        given = bullmq.places()
        redis = ground.start("redis", Program(("sh", "-c", script), {}, None, given, ready))
        host, port = ground.address(redis)
        settings = {**NODE, "LAB_REDIS_HOST": host, "LAB_REDIS_PORT": str(port)}
        settings["WEBHOOK_URL"] = receiver.url
        words = shlex.join([*PROGRAM, "work", NAME])
        # One that is stopped by a signal must not be the first process of its container.
        command = ("sh", "-c", f"{words}; exit 1" if platform == "kubernetes" else f"exec {words}")
        worker = ground.start("worker", Program(command, settings, None, given))
        wait_for("it works", lambda: lab.get(f"{worker.url}/health", 1)[0] == 200, 30)
        way = {"via": "exec", "role": "queue", "port": 8080}
        services = {
            "redis": ground.entry(redis, "redis", redis=way),
            NAME: ground.entry(
                worker,
                "queue",
                queue={"software": "bullmq", "redis": "redis", "names": [NAME]},
                health={"url": f"{worker.url}/health", "status": 200, "from": "controller"},
                depends_on=["redis"],
            ),
        }
        site = harness.make_site(folder / "site", services, ground.settings)
        made = Elsewhere(receiver=receiver, site=site, ground=ground, redis=redis, worker=worker)
        if platform == "kubernetes":
            made.action, made.reason = "restart_service", "unhealthy"
        yield made


def opened(platform: str, folder: Path) -> AbstractContextManager[House]:
    receiver = Receiver(engine.address(), lab.free_port())
    if platform == "systemd":
        return tokpulse(folder, receiver)
    return elsewhere(platform, folder, receiver)
