# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RD08. A Redis without a connection left: idle ones go, the longest idle first, and never others."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import (
    never_called_down,
    spoken,
)
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import meanwhile
from ansible_collections.oncall.runbooks.tests.integration.redis.test_outage import settled

pytestmark = pytest.mark.slow
MOST = 20


class Crowd:
    """Connections of all sorts, each held by a thread of its own where it waits."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.held: list[Any] = []
        self.threads: list[threading.Thread] = []

    def open(self, name: str, number: int = 1) -> list[int]:
        return [self._one(name).client_id() for _number in range(number)]

    def _one(self, name: str) -> Any:
        connection = self.server.connect(name, single_connection_client=True, socket_timeout=None)
        self.held.append(connection)
        return connection

    def blocked(self, name: str) -> None:
        """A queue's worker, which waits for a job."""
        self._wait(self._one(name), "BZPOPMIN", "no-such-queue", 0)

    def _wait(self, connection: Any, *command: Any) -> None:
        def run() -> None:
            with contextlib.suppress(redis.RedisError, OSError, ValueError):
                connection.execute_command(*command)

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def subscribed(self, name: str) -> None:
        listener = self.server.connect(name, socket_timeout=None).pubsub()
        listener.subscribe("news")
        self.held.append(listener)

    def in_transaction(self, name: str) -> None:
        self._one(name).execute_command("MULTI")

    def names(self) -> list[str]:
        with self.server.client() as connection:
            return sorted(one["name"] for one in connection.client_list() if one["name"] != "lab")

    def leave(self) -> None:
        with contextlib.suppress(redis.RedisError), self.server.client() as connection:
            connection.config_set("maxclients", 1000)
            connection.client_kill_filter(_type="normal", skipme=True)
            connection.client_kill_filter(_type="pubsub")
        for one in self.held:
            one.close()
        for thread in self.threads:
            thread.join(5)


@pytest.fixture
def crowd(server: Any) -> Iterator[Crowd]:
    with server.client() as connection:
        connection.config_set("maxclients", MOST)
    found = Crowd(server)
    yield found
    found.leave()


def ended(done: Any) -> list[int]:
    (change,) = done.report["changes"]
    assert change["status"] == "made"
    return [one["id"] for one in change["after"]["ended"]]


def test_idle_connections_go_and_no_others(
    drill: Any, server: Any, replica: Any, crowd: Crowd, via: str
) -> None:
    settled(replica)
    case = drill(server, via=via, protected_clients=["payments"])
    case.healthy()
    crowd.blocked("worker")
    crowd.subscribed("listener")
    crowd.in_transaction("half")
    kept = ["", "half", "listener", "payments", "sentinel-1-cmd", "worker"]
    crowd.open("payments")
    crowd.open("sentinel-1-cmd")
    first = crowd.open("shop", 6)
    time.sleep(1.1)
    last = crowd.open("shop", 5)
    time.sleep(1.5)
    assert crowd.names() == sorted([*kept, *["shop"] * 11])

    checked = case.check()
    assert checked.finding("redis_clients")["reason"] == "idle_clients"
    never_called_down(checked)
    done = case.run()
    assert done.outcome == "recovered", spoken(done)
    # 18 of 20 with ours; 15 are 75 %, the first below the warning threshold of 80.
    assert ended(done) == first[:3]
    assert crowd.names() == sorted([*kept, *["shop"] * 8])
    with server.client() as connection:
        assert {int(one["id"]) for one in connection.client_list()} >= {*first[3:], *last}
        assert connection.info("replication")["connected_slaves"] == 1
    case.healthy()


def test_the_cap_holds(drill: Any, server: Any, crowd: Crowd) -> None:
    case = drill(server).given(max_end=2, timeout_seconds=3)
    opened = crowd.open("shop", 17)
    time.sleep(1.2)
    done = case.run()
    assert done.outcome == "unrecovered"
    assert ended(done) == opened[:2]
    assert "max_end=2 is the cap" in done.planned("end_clients")["why"]


def test_connections_that_are_not_idle_for_long_are_left(
    drill: Any, server: Any, crowd: Crowd
) -> None:
    case = drill(server).given(idle_seconds=600)
    case.healthy()
    crowd.open("shop", 18)
    done = case.refused()
    assert "-e idle_seconds=SECONDS" in done.report["next_step"]


def test_nobody_gets_into_a_full_one(drill: Any, server: Any, crowd: Crowd, via: str) -> None:
    """Redis keeps no connection for who could help; it is up all the same."""
    case = drill(server, via=via)
    case.healthy()
    crowd.open("shop", MOST)
    before = server.pid()
    for options in (["--check"], [], []):
        done = case.run(*options)
        assert done.outcome == "refused", spoken(done)
        assert not done.report["changes"]
    assert done.finding("redis_access")["reason"] == "max_clients"
    assert "stop one instance" in done.report["next_step"]
    assert done.planned("restart_server")["status"] == "needs_approval"
    assert server.pid() == before
    never_called_down(done)


def test_one_that_begins_to_work_stays(drill: Any, server: Any, crowd: Crowd) -> None:
    """Between the plan and the end, each is looked at again."""
    case = drill(server)
    crowd.open("shop", 18)
    time.sleep(1.2)
    busy = crowd.held[0]

    def work() -> None:
        # Idle when it is read, at work when it is ended: it wakes while the lock is taken.
        locks = list(case.site.inventory.parent.rglob("*.lock*"))
        if any(path.stat().st_size for path in locks if path.is_file()):
            with contextlib.suppress(redis.RedisError):
                busy.ping()

    with meanwhile(work, 0.05):
        done = case.run()
    assert done.outcome in ("recovered", "unrecovered"), spoken(done)
    assert busy.ping(), "it was ended while it worked"
