# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""db_failover, from outside, on real streaming standbys: refused without proof, never two that take
writes, and no acknowledged write is lost where it says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import cluster as clusters
from ansible_collections.oncall.runbooks.tests.integration.scenarios.cluster import (
    PRIMARY,
    Cluster,
    Counter,
    Watch,
)

pytestmark = pytest.mark.slow
ONE, TWO = "db-replica-1", "db-replica-2"
PROMOTE = f"promote_replica@{ONE}"


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One whose primary is never promoted away: each test leaves it as it was."""
    with clusters.running(tmp_path_factory.mktemp("cluster"), ONE, TWO) as found:
        yield found


def test_a_primary_that_lives_keeps_its_role(refusing: Cluster) -> None:
    healthy = refusing.run()
    assert (healthy.outcome, healthy.rc) == ("healthy", 0), healthy.stdout + healthy.stderr
    done = refusing.refused("ok", approve=PROMOTE)
    assert "nothing is promoted while one takes writes" in done.report["next_step"]


def test_a_primary_that_only_we_cannot_see_keeps_its_role(refusing: Cluster) -> None:
    """PG21: to the control node its address leads nowhere, and the standbys receive."""
    refusing.hosts = {PRIMARY: "127.0.0.2"}
    try:
        done = refusing.refused("partial_partition", approve=PROMOTE)
        assert "only from here" in done.report["next_step"]
    finally:
        refusing.hosts = {}


def test_without_a_standby_that_answers_there_is_no_proof(refusing: Cluster) -> None:
    refusing.hosts = dict.fromkeys((PRIMARY, ONE, TWO), "127.0.0.2")
    try:
        refusing.refused("unproven", approve=PROMOTE)
    finally:
        refusing.hosts = {}


def test_a_standby_is_not_a_primary(refusing: Cluster) -> None:
    """PG29: the catalog has the roles the wrong way round."""
    done = refusing.refused("role_mismatch", primary=ONE, approve=f"promote_replica@{TWO}")
    assert "correct the catalog" in done.report["next_step"]


def test_contradictions_are_told_before_anything_is_read(refusing: Cluster) -> None:
    """BI29."""
    both = {
        PRIMARY: refusing.entry(PRIMARY, [ONE]),
        ONE: refusing.entry(ONE, [PRIMARY]),
    }
    done = refusing.run_with(both)
    assert done.rc != 0 and done.report is None
    assert f"got {ONE}, which is named as a primary and as a standby" in done.stdout + done.stderr
    alone = refusing.run_with({PRIMARY: refusing.entry(PRIMARY, [])})
    assert alone.rc != 0 and "standbys: got nothing" in alone.stdout + alone.stderr


def test_one_that_lags_is_not_promoted(refusing: Cluster) -> None:
    """PG19 with the primary up, then down; PG24 when another one is missing, too."""
    for name in (ONE, TWO):
        refusing.servers[name].query("SELECT 1 FROM pg_wal_replay_pause()")
    try:
        done = refusing.refused("replica_lag", approve=PROMOTE)
        assert "is paused" in done.finding("postgresql_nodes")["summary"]
        refusing.stop(PRIMARY)
        refusing.refused("replica_lag", approve=PROMOTE)
        for name in (ONE, TWO):
            refusing.servers[name].query("SELECT 1 FROM pg_wal_replay_resume()")
        refusing.stop(TWO, "fast")
        done = refusing.refused("data_loss_possible", approve=PROMOTE)
        assert f"allow_data_loss@{ONE}" in done.report["next_step"]
    finally:
        refusing.start(PRIMARY)
        refusing.start(TWO) if refusing.roles()[TWO] is None else None
        for name in (ONE, TWO):
            refusing.servers[name].query("SELECT 1 FROM pg_wal_replay_resume()")


def test_a_dead_primary_is_replaced_and_does_not_come_back(tmp_path: Path) -> None:
    """PG22, then PG23: a counter and a watch run through the whole of it."""
    with clusters.running(tmp_path, ONE) as cluster:
        primary, heir = cluster.servers[PRIMARY], cluster.servers[ONE]
        with primary.connect() as there:
            there.execute(f"ALTER SYSTEM SET synchronous_standby_names = '\"{ONE}\"'".encode())
            there.execute(b"SELECT pg_reload_conf()")
        cluster.synchronous = [ONE]
        assert cluster.run().outcome == "healthy"
        with Watch(cluster) as watch, Counter(cluster) as counter:
            time.sleep(1)
            cluster.stop(PRIMARY)
            checked = cluster.run("--check")
            assert checked.outcome == "needs_approval", checked.stdout + checked.stderr
            found = checked.finding("postgresql_nodes")
            assert found["reason"] == "primary_down_promotable"
            assert "no acknowledged write is lost" in found["summary"]
            assert cluster.run("--check", approve=PROMOTE).outcome == "planned"
            assert cluster.roles() == {PRIMARY: None, ONE: False}
            before = len(counter.acknowledged)
            done = cluster.run(approve=PROMOTE)
            assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
            time.sleep(1)
        assert cluster.roles() == {PRIMARY: None, ONE: True}
        assert watch.most_writable() == 1 and len(watch.seen) > 20
        assert before and counter.lost(heir) == set()
        assert len(counter.acknowledged) > before, "the application does not write again"
        (change,) = done.report["changes"]
        assert change["after"]["timeline"] == 2 and "pg_rewind" in str(change["after"]["to_do"])
        again = cluster.run(approve=PROMOTE)
        assert (again.outcome, again.rc, again.report["changes"]) == ("attention", 0, [])
        assert again.finding("postgresql_nodes")["reason"] == "moved"
        with pytest.raises(Exception, match="pg_ctl"):
            cluster.start(PRIMARY)
        comes_back(cluster)


def test_its_machine_may_be_gone_with_it(tmp_path: Path) -> None:
    """Nobody gets there, so the lock is kept here, and the fence is the command that runs here."""
    with clusters.running(tmp_path, ONE) as cluster:
        cluster.hosts, cluster.machine_gone = {PRIMARY: clusters.OWN_NAME}, True
        cluster.stop(PRIMARY)
        done = cluster.run(approve=PROMOTE)
        assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
        assert "does not answer: this one keeps it" in done.stdout
        assert cluster.roles() == {PRIMARY: None, ONE: True}
        assert not list(done.state.glob("locks/*.lock")), "the lock is left behind"


def comes_back(cluster: Cluster) -> None:
    data = cluster.servers[PRIMARY].data_dir
    (data / "postgresql.conf.fenced").rename(data / "postgresql.conf")
    cluster.start(PRIMARY)
    assert cluster.roles() == {PRIMARY: True, ONE: True}
    checked = cluster.run()
    assert checked.outcome == "needs_approval", checked.stdout + checked.stderr
    assert checked.finding("postgresql_nodes")["reason"] == "split_brain_risk"
    done = cluster.run(approve=f"fence_primary@{PRIMARY}")
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert cluster.roles() == {PRIMARY: None, ONE: True}
