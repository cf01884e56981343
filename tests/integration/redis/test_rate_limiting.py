# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A shop that refuses clients (429), by counters that lie beside sessions and queues."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.redis import snapshot
from ansible_collections.oncall.runbooks.tests.integration.redis.conftest import entry, keys
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
SHOP = Path(lab.__file__).parent / "app" / "shop.py"
LIMIT = 5


@dataclasses.dataclass(frozen=True)
class Shop:
    port: int
    log: Path

    def ask(self, client: str, times: int = 1) -> int:
        """The last status of so many requests of a client."""
        status = 0
        for _time in range(times):
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}/orders/none", headers={"X-Forwarded-For": client}
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
        return status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """One engine is enough: what is asked of it is the same of both."""
    started = lab.start(tmp_path / "redis")
    keys(started)
    yield started
    lab.stop(started.directory)


@pytest.fixture
def shop(server: Any, tmp_path: Path) -> Iterator[Shop]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = tmp_path / "shop.log"
    given = {
        "PORT": str(port),
        "REDIS_URL": f"redis://:{server.password}@127.0.0.1:{server.port}",
        "RATE_LIMIT": str(LIMIT),
        "STATE_DIR": str(tmp_path),
        "LOG_FILE": "",
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(SHOP), "serve"],
            env={**os.environ, **given},
            stdout=output,
            stderr=output,
        )
    made, end = Shop(port, log), time.monotonic() + 20
    while time.monotonic() < end:
        try:
            made.ask("198.51.100.1")
            break
        except OSError:
            time.sleep(0.1)
    yield made
    process.kill()
    process.wait()


class Case(drill.Drill):
    def run(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        chosen = {"service": "api", "hold_seconds": 0, "timeout_seconds": 5, **variables}
        return super().run(*options, playbook=playbook, **chosen)

    def unchanged(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        before = snapshot.take(self.server)
        done = self.run(*options, playbook=playbook, **variables)
        assert snapshot.differences(before, snapshot.take(self.server)) == {}
        assert not drill.of_run(done, "change_intended")
        return done


@pytest.fixture
def case(server: Any, shop: Shop, tmp_path: Path) -> Case:
    services = {
        "cache": entry(server, rate_limit_prefixes=["rate_limit:"]),
        "api": {
            "kind": "http",
            "platform": "command",
            "command": {"status": ["true"], "logs": ["cat", str(shop.log)]},
            "health": {"url": f"http://127.0.0.1:{shop.port}/live"},
            "rate_limit": {"redis": "cache", "limit": LIMIT},
        },
    }
    site = harness.make_site(tmp_path / "site", services)
    return Case(server, site, {}, playbook="rate_limiting")


def hold(server: Any) -> None:
    """Their window is a minute, and a test may take longer."""
    with server.client() as connection:
        for key in connection.scan_iter("rate_limit:*"):
            connection.expire(key, 3600)


def test_one_client_is_let_in_again(case: Case, server: Any, shop: Shop) -> None:
    case.healthy()
    # Another one only begins like it, and stays where it is.
    for client in ("203.0.113.7", "203.0.113.77", "198.51.100.9"):
        assert shop.ask(client, LIMIT + 3) == 429
    hold(server)
    found = case.unchanged()
    assert (found.outcome, found.finding("rate_counters")["reason"]) == (
        "attention",
        "clients_limited",
    )
    assert found.finding("rate_log")["reason"] == "refusing"

    named = {"client": "203.0.113.7"}
    checked = case.check(**named)
    assert checked.planned("reset_client")["risk"] == "safe"
    others = server.digest(but="rate_limit:203.0.113.7")
    done = case.run(**named)
    assert (done.outcome, changes(done)) == ("recovered", ["reset_client"]), (
        done.stdout + done.stderr
    )
    assert done.report["changes"][0]["after"]["unlinked"] == 1
    assert server.digest(but="rate_limit:203.0.113.7") == others
    assert shop.ask("203.0.113.7") != 429 and shop.ask("203.0.113.77") == 429
    assert case.unchanged(**named).report["changes"] == []


def test_all_of_them_only_when_approved(case: Case, server: Any, shop: Shop) -> None:
    approved = {"approve": "reset_rate_limits"}
    for number in range(4):
        shop.ask(f"203.0.113.{number}", LIMIT + 2)
    hold(server)
    # An expiry that got lost keeps a client out for good.
    with server.client() as connection:
        connection.persist("rate_limit:203.0.113.1")
    stuck = case.check("needs_approval")
    assert stuck.finding("rate_counters")["reason"] == "stuck"
    others = server.digest(but="rate_limit:")
    done = case.run(**approved)
    assert (done.outcome, changes(done)) == ("recovered", ["reset_rate_limits"]), done.stdout
    assert server.digest(but="rate_limit:") == others
    # One that abuses it would only come in again.
    shop.ask("203.0.113.200", 60)
    shop.ask("203.0.113.201", 2)
    hold(server)
    refused = case.refused(**approved)
    assert refused.finding("rate_counters")["reason"] == "abuse"


def test_what_others_ask_to_wait_is_told(case: Case, shop: Shop) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with shop.log.open("a") as log:
        log.write(
            f"{moment} ERROR the mail provider answered 429 Too Many Requests, Retry-After: 120\n"
        )
    done = case.unchanged()
    found = done.finding("rate_log")
    assert (found["reason"], found["severity"]) == ("upstream_limited", "crit")
    assert 100 < found["value"] <= 120 and "Retry-After" in found["summary"]
