# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL in a Compose container: psql inside it, a raise that restarts it, and one that fails."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import Drill, ended, spoken
from ansible_collections.oncall.runbooks.tests.integration.platforms import outage
from ansible_collections.oncall.runbooks.tests.integration.platforms.projects import (
    SLEEP,
    containers,
    identity,
    made,
)
from ansible_collections.oncall.runbooks.tests.lab import lab, postgres
from ansible_collections.oncall.runbooks.tests.lab.shell import run, wait_for

harness = sys.modules["oncall_harness"]
RAISE: dict[str, Any] = {"max_connections": 30, "approve": "raise_max_connections"}
pytestmark = pytest.mark.slow
# A server that was restarted has no sessions from before, and began anew.
BUT_RESTARTED = ("sessions", "server")
# A server that does not start with a raised value, as one whose memory does not hold it.
FUSSY = """
grep -qs "max_connections = '30'" "$PGDATA/postgresql.auto.conf" && { echo FATAL: no memory >&2; exit 1; }
exec start-postgres
"""


@dataclass(frozen=True)
class Contained(postgres.Server):
    """The laboratory's view of a server in a container, over its published port."""

    project: Any = None

    @property
    def data_dir(self) -> Path:
        """Of the volume without a name that its image asks for."""
        (mount,) = containers(self.project, "db")[0]["Mounts"]
        return Path(mount["Source"])

    def inside(self, *command: str) -> None:
        run("docker", "exec", identity(self.project, "db")[0][0], *command)


@pytest.fixture
def server(compose: Any, tmp_path: Path) -> Callable[..., Contained]:
    """A db beside an api, which nobody has a reason to touch."""

    def make(**db: Any) -> Contained:
        passwords = {role: secrets.token_hex(12) for role in ("app", "postgres")}
        for role, password in passwords.items():
            (tmp_path / f"{role}.password").write_text(password)
        port = lab.free_port()
        environment = {
            "POSTGRES_USER": "app",
            "POSTGRES_PASSWORD": passwords["app"],
            "POSTGRES_DB": "shop",
            "POSTGRES_MAX_CONNECTIONS": "20",
        }
        test = {
            "test": ["CMD", "pg_isready", "-q", "-h", "127.0.0.1"],
            "interval": "1s",
            "retries": 3,
        }
        service = {
            "image": "oncall-lab/postgres:1",
            "environment": environment,
            "ports": [f"127.0.0.1:{port}:5432"],
            "healthcheck": test,
            "stop_grace_period": "10s",
            **db,
        }
        project = compose({"db": service, "api": SLEEP})
        found = Contained(tmp_path, "container", "15", port, tmp_path, project=project)

        def ready() -> bool:
            return bool(containers(project, "db")[0]["State"]["Health"]["Status"] == "healthy")

        wait_for("the db is healthy", ready)
        alter = f"ALTER ROLE postgres PASSWORD '{passwords['postgres']}'"
        found.inside("psql", "-qXU", "postgres", "-c", alter)
        return found

    return make


@pytest.fixture
def crowds() -> Iterator[list[Crowd]]:
    opened: list[Crowd] = []
    yield opened
    for crowd in opened:
        crowd.leave()


def drill(server: Contained, folder: Path) -> Drill:
    entry = {
        "kind": "postgresql",
        "platform": "compose",
        "compose": {"project_dir": str(server.project.folder), "service": "db"},
        "postgresql": {
            "via": "exec",
            "database": "shop",
            "user": "oncall",
            "admin": {"via": "exec", "user": "postgres"},
        },
    }
    site = harness.make_site(folder / "site", {"db": entry})
    return Drill(server, site).given(timeout_seconds=30)


def crowd_of(server: Contained, crowds: list[Crowd]) -> Crowd:
    crowds.append(Crowd(server))
    return crowds[-1]


def test_sessions_are_ended_inside_the_container(
    server: Any, crowds: list[Crowd], tmp_path: Path
) -> None:
    """Healthy, check, real, again; by peer authentication, as which root becomes postgres."""
    db = server()
    line = "1i local all postgres peer"
    db.inside("sh", "-c", f"sed -i '{line}' $PGDATA/pg_hba.conf && pkill -HUP -o postgres")
    case, before = drill(db, tmp_path), [identity(db.project, name) for name in ("db", "api")]
    case.healthy()
    crowd = crowd_of(db, crowds)
    opened = crowd.open()
    crowd.age()
    case.check()
    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert ended(done) == opened[:4]
    assert "break_glass" in {event["kind"] for event in done.report["timeline"]}
    case.healthy()
    assert [identity(db.project, name) for name in ("db", "api")] == before


def test_a_server_that_was_killed_is_started(server: Any, tmp_path: Path) -> None:
    """Its neighbour is not touched."""
    db = server()
    case = replace(drill(db, tmp_path), playbook="db_outage", variables=outage.QUICK)

    def state() -> list[Any]:
        return [(made(db.project, name), identity(db.project, name)) for name in ("db", "api")]

    neighbour = identity(db.project, "api")
    kill = partial(run, "docker", "kill", identity(db.project, "db")[0][0])
    outage.proven_outage(case.run, state, kill, "not_running", "start_service")
    assert identity(db.project, "api") == neighbour


def test_raised_and_reverted(server: Any, crowds: list[Crowd], tmp_path: Path) -> None:
    db = server()
    case, api = drill(db, tmp_path), identity(db.project, "api")
    first = identity(db.project, "db")
    case.healthy(**RAISE)
    crowd_of(db, crowds).open(state="active")
    before = snapshot.take(db)
    assert case.unchanged().outcome == "needs_approval"
    assert case.check(**RAISE).planned("raise_max_connections")["status"] == "planned"
    done = case.run(**RAISE)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert db.query("SHOW max_connections") == [("30",)]
    second = identity(db.project, "db")
    assert second[0][0] == first[0][0] and second != first, "restarted, not made anew"
    case.healthy(**RAISE)
    reverted = case.run(
        playbook="revert", incident=done.report["incident"], approve=RAISE["approve"]
    )
    assert (reverted.outcome, reverted.rc) == ("done", 0), reverted.stdout + reverted.stderr
    assert snapshot.differences(before, snapshot.take(db), but=BUT_RESTARTED) == {}
    assert identity(db.project, "api") == api


def test_a_value_on_the_command_line_wins(server: Any, crowds: list[Crowd], tmp_path: Path) -> None:
    """PG04, as `command:` of a compose file."""
    start = 'exec setpriv --reuid=postgres --regid=postgres --init-groups postgres -D "$PGDATA" -c max_connections=20'
    script = 'sed "/^exec /d" "$(command -v start-postgres)" >/tmp/made && sh /tmp/made && ' + start
    db = server(command=["sh", "-c", script.replace("$", "$$")])
    case = drill(db, tmp_path)
    crowd_of(db, crowds).open(state="active")
    done = case.refused(**RAISE)
    why = done.planned("raise_max_connections")["why"]
    assert "command line" in why and "command: in the compose file" in why


def test_a_server_that_does_not_start_goes_back(
    server: Any, crowds: list[Crowd], tmp_path: Path
) -> None:
    """PG07. The container is down, so the file is put right from beside it; nothing else is left."""
    db = server(command=["sh", "-c", FUSSY.replace("$", "$$")])
    case, api = drill(db, tmp_path), identity(db.project, "api")
    first, files = identity(db.project, "db"), db.data_dir
    before = snapshot.take(db)
    crowd_of(db, crowds).open(state="active")
    done = case.run(**RAISE)
    assert done.outcome == "unrecovered" and done.rc != 0, done.stdout
    assert "did not start with max_connections = 30" in " ".join(spoken(done).split())
    assert db.query("SHOW max_connections") == [("20",)]
    assert snapshot.differences(before, snapshot.take(db), but=BUT_RESTARTED) == {}
    assert (identity(db.project, "db")[0][0], db.data_dir) == (first[0][0], files)
    assert identity(db.project, "api") == api
    helpers = run("docker", "ps", "-aq", "--filter", "label=oncall.runbooks.helper").stdout
    assert not helpers.strip()
