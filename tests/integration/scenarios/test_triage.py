# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ten services, two faults: both are named, the root first, and what is printed works when pasted."""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import journal
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import CALM, extra
from ansible_collections.oncall.runbooks.tests.integration.scenarios.town import Town
from ansible_collections.oncall.runbooks.tests.lab import redis_server

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow


def triage(site: Any, *arguments: str, **variables: Any) -> Any:
    done = site.run("triage", *extra(**{**CALM, **variables}), *arguments)
    assert done.report, done.stdout + done.stderr
    return done


def causes(done: Any) -> list[str]:
    return [cause["service"] for cause in done.report["causes"]]


def changed_nothing(done: Any) -> None:
    path = done.state / "incidents" / done.report["incident"] / "journal.jsonl"
    lines = journal.Journal(path).read()
    assert journal.faults(lines) == []
    kinds = {line["type"] for line in lines}
    assert kinds == {"run_opened", "evidence", "findings", "causes", "run_closed"}
    assert not list(done.state.glob("locks/*"))
    assert not done.report["plan"] and not done.report["changes"]


def test_all_is_well(town: Town, town_site: Any) -> None:
    done = triage(town_site)
    assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
    assert done.report["causes"] == []
    assert set(done.report["outcomes"].values()) == {"healthy"}
    assert len(done.report["outcomes"]) == 10
    changed_nothing(done)


@pytest.fixture
def broken(town: Town, database: Any) -> Any:
    """The database is gone, and with it what needs it; the bot died by itself."""
    lab.stop(database.directory)
    town.stop("bot")
    yield town
    lab.start(database.directory, port=database.port, engine="embedded")


def test_two_faults_in_ten_services(broken: Town, town_site: Any) -> None:
    assert broken.status("api") == 503
    done = triage(town_site)
    assert causes(done)[:2] == ["db", "bot"], done.stdout
    assert done.report["causes"][0]["affects"] == ["api", "indexer", "worker"]
    assert (done.outcome, done.rc != 0) == ("attention", True)
    assert "begin with db" in done.stderr
    assert done.report["outcomes"]["cache"] == "healthy"
    changed_nothing(done)
    for cause in done.report["causes"]:
        assert cause["command"] in done.stdout
        pasted(cause, town_site)


def pasted(cause: dict[str, Any], site: Any) -> None:
    """In a shell, as a person does: it runs for the same service, under the same incident."""
    before = site.reports()
    ran = subprocess.run(
        ["sh", "-c", cause["command"]],
        check=False,
        cwd=harness.ROOT,
        env=site.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    (new,) = site.reports() - before
    report = json.loads(new.read_text())
    assert report["scenario"] == cause["playbook"]
    assert (
        cause["service"] in report["services"]
    )  # and what it needs, where the playbook looks there
    assert f"incident={report['incident']}" in shlex.split(cause["command"])
    assert "error" not in ran.stderr.lower() or report["outcome"] in ran.stderr


def test_a_database_that_is_full(town: Town, town_site: Any, database: Any) -> None:
    lab.exhaust(database, 16)
    try:
        done = triage(town_site, alert="HighDatabaseConnections", idle_seconds=1)
    finally:
        lab.release(database)
    (cause,) = done.report["causes"]
    assert cause["service"] == "db" and cause["asked"]
    assert cause["playbook"] == "db_connection_exhausted"
    assert cause["because"]["check"] == "postgresql_connections"


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Any]:
    """The cache of the town as a real Redis."""
    try:
        server = redis_server.start(tmp_path / "redis")
    except redis_server.LabError as why:
        pytest.skip(str(why))
    yield server
    redis_server.stop(server.directory)


def connections(server: Any) -> int:
    with server.client() as connection:
        return int(connection.info("stats")["total_connections_received"])


def test_a_redis_that_is_full_or_down_and_a_session_that_blocks(
    town: Town, database: Any, cache: Any, tmp_path: Path
) -> None:
    way = {"via": "tcp", "host": redis_server.HOST, "port": cache.port, "role": "queue"}
    entry = {"redis": {**way, "password_file": str(cache.password_file)}}
    site = harness.make_site(tmp_path / "site", town.services(cache=entry), {}, town.groups())
    redis_server.limit(cache)
    for state in ("locking", "waiting"):
        lab.exhaust(database, 1, state)
    before = connections(cache)
    try:
        done = triage(site, blocked_seconds=0)
    finally:
        lab.release(database)
    calls = {cause["service"]: cause["playbook"] for cause in done.report["causes"]}
    assert calls == {"cache": "redis_memory_full", "db": "db_slow_queries"}, done.stdout
    assert connections(cache) == before + 2, "this look, and one of the run"
    changed_nothing(done)
    redis_server.stop(cache.directory)
    down = triage(site, service="cache")
    (cause,) = down.report["causes"]
    assert (cause["playbook"], cause["because"]["check"]) == ("redis_outage", "redis_access")


def test_a_credential_that_is_missing(broken: Town, tmp_path: Path) -> None:
    """What is known of the others is told; of this one, which file it is."""
    services = broken.services()
    services["db"]["postgresql"]["password_file"] = str(tmp_path / "lost.password")
    done = triage(harness.make_site(tmp_path / "site", services, {}, broken.groups()))
    found = [one for one in done.report["findings"] if one["service"] == "db"]
    assert [(one["severity"], one["reason"]) for one in found] == [("unknown", "not_read")]
    assert "db.postgresql.password_file: " in found[0]["summary"]
    assert "No such file or directory" in found[0]["summary"]
    assert "bot" in causes(done) and done.rc != 0
    assert done.report["outcomes"]["cache"] == "healthy"
    changed_nothing(done)


def test_an_alert_that_nothing_confirms(town: Town, town_site: Any) -> None:
    """CN16. What is seen decides; what was asked for is named all the same."""
    done = triage(town_site, alert="HighDatabaseConnections")
    assert (done.outcome, done.rc) == ("healthy", 0)
    (cause,) = done.report["causes"]
    assert (cause["service"], cause["certainty"]) == ("db", "asked")
    assert "nothing that was read confirms it" in done.stdout


def test_one_service_and_what_it_needs(broken: Town, town_site: Any) -> None:
    done = triage(town_site, service="worker")
    assert set(done.report["services"]) == {"worker", "queue", "db", "cache"}
    assert causes(done) == ["db"]


@pytest.mark.parametrize("where", ["", "of one service"])
def test_a_host_that_does_not_answer(town: Town, tmp_path: Path, where: str) -> None:
    """NW05. The others are told of all the same, and that this one is missing is said."""
    town.stop("bot")
    site = harness.make_site(tmp_path / "far", town.services(), {}, town.groups())
    text = site.inventory.read_text()
    wait = "ansible_ssh_common_args: '-o ConnectTimeout=2'"
    far = f"{{ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, {wait}}}"
    site.inventory.write_text(text.replace("indexer: {}", f"indexer: {far}"))
    done = triage(site, *(["-e", "service=indexer"] if where else []))
    unread = [found for found in done.report["findings"] if found["reason"] == "host_unreachable"]
    assert {found["service"] for found in unread} == {"indexer"}
    assert done.rc != 0
    assert done.report["outcomes"]["indexer"] == "error"
    assert "indexer" in done.stdout and "does not answer" in done.stdout
    if not where:
        assert set(causes(done)) == {"bot", "indexer"}
        assert len(done.report["outcomes"]) == 10
        assert done.report["outcomes"]["api"] == "healthy"
        assert "nothing is known of indexer" in done.report["next_step"]


def test_check_mode_sees_the_same(broken: Town, town_site: Any) -> None:
    done = triage(town_site, "--check")
    assert causes(done)[:2] == ["db", "bot"]
    assert "--check" not in done.report["causes"][0]["command"]


def test_it_takes_no_longer_than_six_empty_playbooks(broken: Town, town_site: Any) -> None:
    """Measured in one run, one after the other: this machine may be busy."""
    empty = [harness.PLAYBOOK, "-i", "db01,", "bench/empty.yml"]

    def took(words: list[str]) -> float:
        began = time.monotonic()
        subprocess.run(
            words,
            check=False,
            cwd=harness.ROOT,
            env=town_site.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return time.monotonic() - began

    look = town_site.command("triage", *extra(**CALM))
    ratios = [took(look) / took(empty) for _round in range(5)]
    assert statistics.median(ratios) <= 6, ratios


def test_no_secret_is_told(broken: Town, town_site: Any, database: Any) -> None:
    done = triage(town_site, "-vvv")
    secrets = [path.read_text().strip() for path in database.directory.glob("*.password")]
    written = [path for path in done.state.rglob("*") if path.is_file()]
    texts = [done.stdout, done.stderr, *(path.read_text() for path in written)]
    assert secrets and not any(secret in text for secret in secrets for text in texts)
    assert all(path.stat().st_mode & 0o077 == 0 for path in written)
