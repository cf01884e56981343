# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A shop that refuses clients (429), by counters that lie beside sessions and queues."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.redis import snapshot
from ansible_collections.oncall.runbooks.tests.integration.redis.conftest import entry, keys
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import limited_shop
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab
from ansible_collections.oncall.runbooks.tests.lab.limited_shop import LIMIT

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """One engine is enough: what is asked of it is the same of both."""
    started = lab.start(tmp_path / "redis")
    keys(started)
    yield started
    lab.stop(started.directory)


@pytest.fixture
def shop(server: Any) -> Iterator[limited_shop.Shop]:
    started = limited_shop.start(server.directory)
    yield started
    limited_shop.stop(started)


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
def case(server: Any, shop: limited_shop.Shop, tmp_path: Path) -> Case:
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


def test_one_client_is_let_in_again(case: Case, server: Any, shop: limited_shop.Shop) -> None:
    case.healthy()
    # Another one only begins like it, and stays where it is.
    for client in ("203.0.113.7", "203.0.113.77", "198.51.100.9"):
        assert shop.ask(client, LIMIT + 3) == 429
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


def test_all_of_them_only_when_approved(case: Case, server: Any, shop: limited_shop.Shop) -> None:
    approved = {"approve": "reset_rate_limits"}
    for number in range(4):
        shop.ask(f"203.0.113.{number}", LIMIT + 2)
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
    refused = case.refused(**approved)
    assert refused.finding("rate_counters")["reason"] == "abuse"


def test_what_others_ask_to_wait_is_told(case: Case, shop: limited_shop.Shop) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with shop.log.open("a") as log:
        log.write(
            f"{moment} ERROR the mail provider answered 429 Too Many Requests, Retry-After: 120\n"
        )
    done = case.unchanged()
    found = done.finding("rate_log")
    assert (found["reason"], found["severity"]) == ("upstream_limited", "crit")
    assert 100 < found["value"] <= 120 and "Retry-After" in found["summary"]
