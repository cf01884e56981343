# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""db_outage, from outside, on a PostgreSQL that its owner runs by commands: what looks alike is told
apart, what is down is started, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
PROGRAM = Path(str(lab.__file__)).resolve()
FAST = {"hold_seconds": 1, "timeout_seconds": 20, "grace_seconds": 20}
# Of a server that hangs, pg_ctl would wait for an answer.
REVIVE = 'kill -CONT "$(head -n 1 "$1/data/postmaster.pid")" 2>/dev/null; shift; exec "$@"'


@dataclass
class Place:
    """A server, its catalog entry, and what must not change under it."""

    server: Any
    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    postgresql: dict[str, Any] = field(default_factory=dict)

    def manager(self, verb: str) -> list[str]:
        return [sys.executable, str(PROGRAM), verb, "--dir", str(self.server.directory)]

    def entry(self) -> dict[str, Any]:
        revive = ["sh", "-c", REVIVE, "sh", str(self.server.directory)]
        command = {verb: self.manager(verb) for verb in ("start", "stop", "status")}
        command["restart"] = [*revive, *self.manager("restart")]
        return {
            "kind": "postgresql",
            "platform": "command",
            "command": command,
            "postgresql": {
                "via": "tcp",
                "host": lab.HOST,
                "port": self.server.port,
                "database": lab.DATABASE,
                "user": "oncall",
                "password_file": str(self.server.password_file("oncall")),
                **self.postgresql,
            },
            **self.more,
        }

    def run(self, *options: str, **variables: Any) -> Any:
        site = harness.make_site(self.folder, {"db": self.entry()})
        given = [f"-e{name}={value}" for name, value in {**FAST, **variables}.items()]
        path = os.pathsep.join([str(lab._embedded_bin()), os.environ["PATH"]])
        done = site.run("db_outage", "-eservice=db", *given, *options, environment={"PATH": path})
        assert done.report, done.stdout + done.stderr
        return done

    def state(self) -> tuple[Any, ...]:
        """The process, the configuration and the data."""
        pid = self.server.data_dir / "postmaster.pid"
        auto = (self.server.data_dir / "postgresql.auto.conf").read_bytes()
        return (pid.read_text().splitlines()[:3] if pid.exists() else None, auto)

    def unchanged(self, *options: str, **variables: Any) -> Any:
        before = self.state()
        done = self.run(*options, **variables)
        assert self.state() == before and done.report["changes"] == [], done.stdout
        return done

    def refused(self, **variables: Any) -> Any:
        """Checked, real, and again."""
        for options in (("--check",), (), ()):
            done = self.unchanged(*options, **variables)
            assert done.outcome == "refused" and done.rc != 0, done.stdout + done.stderr
        return done

    def healthy(self, **variables: Any) -> None:
        done = self.unchanged(**variables)
        assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
        assert done.report["plan"] == []

    def recovered(self, action: str, **variables: Any) -> Any:
        done = self.run(**variables)
        assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
        assert [change["action"] for change in done.report["changes"]] == [action]
        return done


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("outage")
    folder.chmod(0o755)
    yield lab.start(folder)
    lab.stop(folder, delete=True)


@pytest.fixture
def place(running: Any, tmp_path: Path) -> Iterator[Place]:
    yield Place(running, tmp_path)
    lab.release(running)
    lab.start(running.directory)


def reason(done: Any, check: str) -> str:
    return str(done.finding(check)["reason"])


def postmaster(server: Any) -> int:
    return int((server.data_dir / "postmaster.pid").read_text().splitlines()[0])


def test_one_that_is_down_is_started(place: Place) -> None:
    place.healthy()
    data = place.server.checksum()
    lab.stop(place.server.directory)
    checked = place.unchanged("--check")
    assert checked.outcome == "planned"
    assert reason(checked, "postgresql_access") == "refused"
    assert reason(checked, "postgresql_place") == "not_running"
    place.recovered("start_service")
    assert place.server.checksum() == data
    place.healthy()


@pytest.mark.soak
def test_one_that_hangs_is_restarted_only_when_approved(place: Place) -> None:
    """PG14."""
    place.healthy()
    pid = postmaster(place.server)
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        checked = place.unchanged("--check")
        assert checked.outcome == "needs_approval" and time.monotonic() - began < 60
        assert reason(checked, "postgresql_access") == "timeout"
        assert reason(checked, "postgresql_place") == "hung"
        assert place.unchanged().outcome == "needs_approval"
        assert postmaster(place.server) == pid
        place.recovered("restart_server", approve="restart_server")
    finally:
        if postmaster(place.server) == pid:
            os.kill(pid, signal.SIGCONT)
    assert postmaster(place.server) != pid
    place.healthy(approve="restart_server")


def test_one_that_recovers_is_waited_for(place: Place, tmp_path: Path) -> None:
    """PG15: as a standby of a primary that is gone, it recovers for as long as one lets it."""
    place.healthy()
    lab.stop(place.server.directory)
    signal_file, settings = (
        place.server.data_dir / "recovery.signal",
        place.server.data_dir / "postgresql.auto.conf",
    )
    before, gate = settings.read_bytes(), tmp_path / "gate"
    # It asks for the next piece of WAL until the gate is open, and says meanwhile that it starts.
    settings.write_text(
        f"restore_command = 'while [ ! -e {gate} ]; do sleep 0.1; done; false'\nhot_standby = off\n"
    )
    signal_file.touch()
    lab._give_to_server(place.server.data_dir)
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(0o755)
    start = ["-D", str(place.server.data_dir), "-l", str(place.server.log), "-W", "start"]
    lab._run([*lab._unprivileged(), str(lab._embedded_bin() / "pg_ctl"), *start], "pg_ctl start")
    try:
        time.sleep(1)
        pid = postmaster(place.server)
        done = place.unchanged(grace_seconds=2)
        assert done.outcome == "refused" and reason(done, "postgresql_access") in (
            "starting_up",
            "recovering",
        )
        assert "a restart would only begin that anew" in done.report["next_step"]
        opener = subprocess.Popen(["sh", "-c", f"sleep 12; touch {gate}"])
        waited = place.run(grace_seconds=60)
        opener.wait()
        assert (waited.outcome, waited.rc) == ("healthy", 0), waited.stdout + waited.stderr
        assert waited.report["changes"] == [] and postmaster(place.server) == pid
    finally:
        gate.touch()
        lab.stop(place.server.directory)
        settings.write_bytes(before)
        signal_file.unlink(missing_ok=True)


def test_a_wrong_password_is_no_outage(place: Place, tmp_path: Path) -> None:
    """PG31."""
    wrong = tmp_path / "wrong.password"
    wrong.touch(mode=0o600)
    wrong.write_text("not-this-one\n")
    place.postgresql = {"password_file": str(wrong)}
    for options in (("--check",), (), ()):
        done = place.unchanged(*options, approve="restart_server")
        assert done.outcome == "error" and done.rc != 0
        assert reason(done, "postgresql_access") == "auth_failed"
        assert done.report["plan"] == [] and "not-this-one" not in done.stdout + done.stderr


def test_one_that_is_full_has_a_runbook_of_its_own(place: Place) -> None:
    place.healthy()
    lab.exhaust(place.server)
    done = place.refused()
    assert reason(done, "postgresql_access") == "slots_reserved"
    assert "db_connection_exhausted.yml -e service=db" in done.report["next_step"]


def test_one_that_only_we_cannot_reach_is_left(place: Place) -> None:
    """Where it lives it answers, and to an address that leads elsewhere nobody does."""
    place.healthy()
    place.postgresql = {"host": "127.0.0.2"}
    done = place.refused(approve="restart_server")
    assert reason(done, "postgresql_access") == "refused"
    assert reason(done, "postgresql_place") == "answers_there"
    assert "look at the network" in done.report["next_step"]


def test_a_configuration_that_would_not_start_is_told(place: Place) -> None:
    place.healthy()
    lab.stop(place.server.directory)
    conf = place.server.data_dir / "postgresql.conf"
    place.more = {
        "commands": {
            "config_check": [
                str(lab._embedded_bin() / "postgres"), "-C", "port", "-D", str(place.server.data_dir),
            ]
        }
    }  # fmt: skip
    before = conf.read_text()
    conf.write_text(before + "shared_buffers = banana\n")
    try:
        done = place.refused()
        assert reason(done, "postgresql_place") == "config_invalid"
        assert "banana" in done.report["next_step"] or "shared_buffers" in done.report["next_step"]
    finally:
        conf.write_text(before)
    place.recovered("start_service")
    place.healthy()


def test_migrations_are_only_told(place: Place) -> None:
    place.more = {"commands": {"migrations": ["sh", "-c", "echo 2 pending; exit 1"]}}
    done = place.unchanged()
    assert (done.outcome, done.rc) == ("attention", 0)
    assert "2 pending" in done.finding("postgresql_migrations")["summary"]
    place.more = {"commands": {"migrations": ["echo", "none pending"]}}
    place.healthy()


def test_somebody_elses_server_is_told_by_hand(place: Place) -> None:
    entry = place.entry()
    external = {"platform": "external", "kind": "postgresql", "postgresql": entry["postgresql"]}
    site = harness.make_site(place.folder, {"db": external})
    up = site.run("db_outage", "-eservice=db", "-ehold_seconds=0")
    assert (up.outcome, up.rc) == ("healthy", 0), up.stdout + up.stderr
    lab.stop(place.server.directory)
    down = site.run("db_outage", "-eservice=db")
    assert down.outcome == "refused" and "on its own host: pg_isready" in down.report["next_step"]
    with pytest.raises(psycopg.OperationalError):
        place.server.connect()
