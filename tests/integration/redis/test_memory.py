# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RD02. A Redis whose memory is used up: only the cache shrinks, whatever lies beside it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import spoken
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import (
    changes,
    meanwhile,
)
from ansible_collections.oncall.runbooks.tests.integration.redis.test_outage import settled
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab

pytestmark = pytest.mark.slow
MIB = 2**20
APPROVED = {"approve": "unlink_cache"}


def filled(server: Any) -> int:
    lab.fill(server, "cache:page:", 6000, 1000)
    return lab.limit(server)


def refuses_writes(server: Any) -> bool:
    with server.client() as connection:
        try:
            connection.set("sess:new", "x" * 1000)
        except redis.ResponseError as error:
            assert "OOM" in str(error) or "used memory" in str(error)
            return True
        connection.delete("sess:new")
        return False


def test_only_the_cache_shrinks(drill: Any, server: Any, via: str) -> None:
    case = drill(server, "redis_memory_full", via)
    case.healthy()
    filled(server)
    assert refuses_writes(server)
    others = server.digest(but="cache:")
    with server.client() as connection:
        before = connection.dbsize()

    checked = case.check(**APPROVED)
    assert checked.finding("redis_memory")["reason"] == "full"
    assert checked.planned("unlink_cache")["status"] == "planned"
    done = case.recovered("keys", **APPROVED)
    (change,) = done.report["changes"]
    assert (change["action"], change["risk"]) == ("unlink_cache", "disruptive")
    assert server.digest(but="cache:") == others
    assert not refuses_writes(server)
    with server.client() as connection:
        gone = before - connection.dbsize()
    # As many as it takes, and no more than that: the cache is still of use.
    assert gone == change["after"]["unlinked"]
    assert 500 < gone < 3000
    listing = done.state / "incidents" / done.report["incident"] / change["after"]["listing"]
    names = listing.read_text().splitlines()
    assert len(names) >= gone and all(name.startswith("cache:") for name in names)
    case.healthy(**APPROVED)


def test_more_memory_for_a_time_and_back(drill: Any, server: Any) -> None:
    """Without an approval nothing is deleted."""
    case = drill(server, "redis_memory_full")
    case.healthy()
    limit = filled(server)
    keys = server.digest()

    checked = case.check()
    assert checked.planned("raise_maxmemory")["status"] == "planned"
    assert checked.planned("unlink_cache")["status"] == "not_needed"
    done = case.run(warn_percent=90)
    assert (done.outcome, changes(done)) == ("recovered", ["raise_maxmemory"]), spoken(done)
    assert server.digest() == keys
    with server.client() as connection:
        assert int(connection.config_get("maxmemory")["maxmemory"]) == limit * 5 // 4
    assert done.report["changes"][0]["expires_at"]
    again = case.run(warn_percent=90)
    assert not again.report["changes"]

    # The way back would evict, or refuse writes: it is not taken while so much is used.
    back = case.run(playbook="revert", incident=done.report["incident"])
    assert back.outcome != "done" and "are used" in spoken(back)
    with server.client() as connection:
        for name in list(connection.scan_iter("cache:page:*"))[:3000]:
            connection.unlink(name)
    back = case.run(playbook="revert", incident=done.report["incident"])
    assert back.outcome == "done", spoken(back)
    with server.client() as connection:
        assert int(connection.config_get("maxmemory")["maxmemory"]) == limit


def test_without_a_cache_nothing_is_deleted(drill: Any, server: Any) -> None:
    case = drill(server, "redis_memory_full", cache_prefixes=[])
    filled(server)
    done = case.refused(maxmemory_mib=1048576, **APPROVED)
    assert "calls no keys a cache" in done.report["next_step"]
    assert done.planned("raise_maxmemory")["status"] == "refused"


def test_a_prefix_means_itself(drill: Any, server: Any) -> None:
    """No character of it is a pattern's, also where redis-cli or SCAN would take it for one."""
    case = drill(server, "redis_memory_full", "exec", cache_prefixes=["cache:p-{1}^"])
    with server.client() as connection:
        for number in range(3000):
            connection.set(f"cache:p-{{1}}^{number}", "x" * 1000)
            connection.set(f"cache:pq{{1}}^{number}", "x" * 1000)
        connection.config_set("maxmemory", int(connection.info("memory")["used_memory"]))
    others = server.digest(but="cache:p-{1}^")
    done = case.run(**APPROVED)
    assert (done.outcome, changes(done)) == ("recovered", ["unlink_cache"]), spoken(done)
    assert server.digest(but="cache:p-{1}^") == others


def test_the_cap_holds(drill: Any, server: Any) -> None:
    case = drill(server, "redis_memory_full").given(max_unlink=100, timeout_seconds=3)
    filled(server)
    with server.client() as connection:
        before = connection.dbsize()
        done = case.run(**APPROVED)
        assert done.outcome == "unrecovered"
        assert before - connection.dbsize() == 100
    assert "max_unlink=100 is the cap" in done.planned("unlink_cache")["why"]


def test_a_replica_is_left_alone(drill: Any, server: Any, replica: Any) -> None:
    """RD07."""
    settled(replica)
    filled(server)
    with replica.client() as connection:
        end = time.monotonic() + 10
        while connection.dbsize() < 6000:
            assert time.monotonic() < end
            time.sleep(0.1)
        connection.config_set("maxmemory", int(connection.info("memory")["used_memory"]))
    done = drill(replica, "redis_memory_full").refused(**APPROVED)
    assert "it is a replica" in done.report["next_step"]


def test_the_hit_rate_is_of_an_interval(drill: Any, server: Any) -> None:
    """A million hits since the start say nothing of the last seconds."""
    case = drill(server, "redis_memory_full")
    script = "for n = 1, 1000000 do redis.call('GET', 'sess:1') end"
    with server.client(socket_timeout=60) as connection:
        connection.eval(script, 0)
    with (
        server.client() as asked,
        meanwhile(lambda: asked.mget([f"cache:gone:{n}" for n in range(50)]), 0.02),
    ):
        done = case.run()
    found = done.finding("redis_hit_rate")
    assert (found["reason"], found["value"]) == ("low_hit_rate", 0.0)
    assert done.outcome == "attention" and not done.report["changes"]


@pytest.mark.soak  # it measures
def test_ten_times_the_keys_take_no_longer(drill: Any, server: Any, via: str) -> None:
    case = drill(server, "redis_memory_full", via)
    took = []
    for number in (20_000, 200_000):
        lab.fill(server, f"cache:{number}:", number)
        took.append(case.run().report["duration_s"])
    assert took[1] < 2 * took[0]


@pytest.mark.parametrize(
    "given",
    [
        {"cache_prefixes": [""]},
        {"cache_prefixes": ["*"]},
        {"cache_prefixes": ["cache:", "cache:page:"]},
        {"cache_prefixes": ["sess:"]},
        {"cache_prefixes": ["bull:"]},
        {"cache_prefixes": ["a:"], "rate_limit_prefixes": ["a:b:"]},
        {"role": "primary"},
    ],
)
def test_prefixes_that_would_delete_more_are_refused(
    server: Any, tmp_path: Path, given: dict[str, Any]
) -> None:
    import sys

    from ansible_collections.oncall.runbooks.tests.integration.redis.conftest import entry

    known = {"cache": entry(server, **given)}
    site = sys.modules["oncall_harness"].make_site(tmp_path / "site", known)
    before = server.digest()
    done = site.run("redis_memory_full", "-e", "service=cache")
    assert done.rc != 0 and done.report is None
    assert f"runbooks_services.cache.redis.{next(iter(given))}" in done.stdout + done.stderr
    assert server.digest() == before
