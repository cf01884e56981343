# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redis does not serve: what looks alike is told apart, and what could lose data is left alone."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import (
    never_called_down,
    spoken,
)
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import (
    QUICK,
    RedisDrill,
    changes,
    meanwhile,
)
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab

pytestmark = pytest.mark.slow


def test_one_that_is_down_is_started(drill: Any, server: Any, via: str) -> None:
    case = drill(server, via=via)
    case.healthy()
    before = server.digest()
    lab.stop(server.directory)

    checked = case.check()
    assert checked.finding("redis_access")["reason"] == "refused"
    assert checked.planned("start_service")["status"] == "planned"
    done = case.run()
    assert (done.outcome, changes(done)) == ("recovered", ["start_service"]), spoken(done)
    assert server.digest() == before
    case.healthy()


@pytest.mark.soak
def test_one_that_hangs_is_restarted_when_approved(drill: Any, server: Any, via: str) -> None:
    """RD04. Bounded; nobody can ask it what it has not saved, so a person decides."""
    case = drill(server, via=via)
    case.healthy()
    before = server.digest()
    lab.freeze(server)

    began = time.monotonic()
    done = case.refused("needs_approval")
    assert time.monotonic() - began < 120
    assert done.finding("redis_access")["reason"] == "timeout"
    assert "approve=restart_server" in done.report["next_step"]
    assert case.check(approve="restart_server").planned("restart_server")["status"] == "planned"

    done = case.run(approve="restart_server")
    assert (done.outcome, changes(done)) == ("recovered", ["restart_server"]), spoken(done)
    # It had saved all it had.
    assert server.digest() == before
    case.healthy()


def test_it_is_restarted_once(drill: Any, server: Any) -> None:
    case = drill(server)
    lab.freeze(server)
    assert case.run(approve="restart_server").outcome == "recovered"
    lab.freeze(server)
    done = case.unchanged(approve="restart_server")
    assert done.outcome == "refused"
    assert "max_restarts=1 is the cap" in done.report["next_step"]


def test_a_wrong_password_changes_nothing(drill: Any, server: Any, via: str) -> None:
    """RD06. It is up; a restart would change nothing, but end everybody's work."""
    case = drill(server, via=via)
    case.healthy()
    with server.client() as connection:
        connection.config_set("requirepass", "another-secret")
        done = case.refused()
        connection.config_set("requirepass", server.password)
    assert done.finding("redis_access")["reason"] == "auth_failed"
    never_called_down(done)
    case.healthy()


@pytest.mark.usefixtures("replica")
def test_a_replica_is_left_alone(drill: Any, server: Any, replica: Any, via: str) -> None:
    """RD07."""
    drill(server, via=via).healthy()
    settled(replica)
    done = drill(replica, via=via).refused()
    assert done.finding("redis_role")["reason"] == "replica"
    with replica.client() as connection:
        assert connection.info("replication")["role"] == "slave"


def settled(replica: Any) -> None:
    with replica.client() as connection:
        end = time.monotonic() + 10
        while connection.info("replication")["master_link_status"] != "up":
            assert time.monotonic() < end
            time.sleep(0.1)
        connection.config_set("save", "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_save_that_failed_is_tried_again(
    drill: Any, engine: str, tmp_path: Path, small_disk: Path
) -> None:
    """RD03. Its disk is full: the setting that lets it write all the same is never touched."""
    server = lab.start(tmp_path / "redis", engine, settings=f"dir {small_disk}")
    try:
        with server.client() as connection:
            connection.set("a", "b")
            case = drill(server)
            case.healthy()
            ballast = small_disk / "ballast"
            with contextlib.suppress(OSError):
                ballast.write_bytes(b"x" * 2**20)
            failed_save(connection)
            with pytest.raises(redis.ResponseError, match="MISCONF"):
                connection.set("a", "c")

            checked = case.check()
            assert checked.finding("redis_persistence")["reason"] == "save_failed"
            done = case.run()
            assert done.outcome == "unrecovered", spoken(done)
            assert "make room on its disk" in done.report["next_step"]

            ballast.unlink()
            done = case.recovered("saves", "files")
            assert changes(done) == ["save_again"]
            connection.set("a", "c")
            assert connection.config_get("stop-writes-on-bgsave-error") == {
                "stop-writes-on-bgsave-error": "yes"
            }
        case.healthy()
    finally:
        lab.stop(server.directory)


def failed_save(connection: Any) -> None:
    connection.bgsave()
    end = time.monotonic() + 10
    while connection.info("persistence")["rdb_last_bgsave_status"] != "err":
        assert time.monotonic() < end
        time.sleep(0.05)


@contextlib.contextmanager
def blocked_by(server: Any, script: str) -> Iterator[threading.Thread]:
    """A script that does not end; the server calls itself busy at once."""
    with server.client() as connection:
        connection.config_set("lua-time-limit", 50)

    def run() -> None:
        with contextlib.suppress(redis.RedisError), server.client(socket_timeout=120) as connection:
            connection.eval(script, 0)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    yield thread
    lab.stop(server.directory)
    thread.join(20)


def test_a_script_that_blocks_it_is_ended(drill: Any, server: Any, via: str) -> None:
    """RD10."""
    case = drill(server, via=via)
    case.healthy()
    with blocked_by(server, "while true do end") as thread:
        checked = case.check()
        assert checked.finding("redis_access")["reason"] == "busy_script"
        never_called_down(checked)
        done = case.run()
        assert (done.outcome, changes(done)) == ("recovered", ["kill_script"]), spoken(done)
        thread.join(5)
        assert not thread.is_alive()
        case.healthy()


def test_a_script_that_has_written_is_left(drill: Any, server: Any) -> None:
    """RD10. Only SHUTDOWN NOSAVE would end it, with the loss of everything since the last save."""
    case = drill(server)
    case.healthy()
    with blocked_by(server, "redis.call('SET', 'half', 1) while true do end") as thread:
        pid = server.pid()
        case.check()
        done = case.run()
        assert done.outcome == "unrecovered", spoken(done)
        assert "has written" in done.report["next_step"]
        assert (server.pid(), thread.is_alive()) == (pid, True)


def test_one_that_loads_is_waited_for(drill: Any, server: Any, via: str) -> None:
    case = drill(server, via=via)
    lab.fill(server, "cache:more", 20000)
    with server.config.open("a") as config:
        config.write("key-load-delay 2000\nloading-process-events-interval-bytes 1024\n")
    lab.restart(server.directory, loaded=False)
    done = case.run()
    assert done.outcome == "refused", spoken(done)
    found = done.finding("redis_access")
    assert found["reason"] == "loading" and "% are loaded" in found["summary"]
    assert not done.report["changes"]
    with server.client() as connection:
        connection.config_set("key-load-delay", 0)
        end = time.monotonic() + 60
        while connection.info("persistence")["loading"]:
            assert time.monotonic() < end
            time.sleep(0.1)
    case.healthy()


def test_a_slow_one_is_told(drill: Any, server: Any, via: str) -> None:
    case = drill(server, via=via)
    case.healthy()
    with (
        server.client() as connection,
        meanwhile(lambda: connection.execute_command("DEBUG", "SLEEP", "0.3"), 0.02),
    ):
        done = case.run()
    assert (done.outcome, done.rc) == ("attention", 0), spoken(done)
    assert done.finding("redis_latency")["reason"] == "slow"
    assert not done.report["plan"]
    case.healthy()


def test_a_foreign_server_is_only_told_about(server: Any, tmp_path: Path) -> None:
    """Nobody here can start or restart it."""
    import sys

    from ansible_collections.oncall.runbooks.tests.integration.redis.conftest import entry

    known = {**entry(server), "platform": "external"}
    known.pop("command")
    case = RedisDrill(
        server,
        sys.modules["oncall_harness"].make_site(tmp_path / "site", {"cache": known}),
        QUICK["redis_outage"],
    )
    case.healthy()
    lab.stop(server.directory)
    done = case.refused()
    assert "somebody else runs it" in done.report["next_step"]
