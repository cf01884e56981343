# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL in a pod: psql inside it, a raise that restarts it, and one that fails."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import Drill, ended, spoken
from ansible_collections.oncall.runbooks.tests.integration.platforms import outage
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
postgres: Any = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
RAISE: dict[str, Any] = {"max_connections": 30, "approve": "raise_max_connections"}
# A server that was restarted has no sessions from before, and began anew.
BUT_RESTARTED = ("sessions", "server")
# It fails when the application's slots are used up: just then the pod is not ready.
# By its network alone: while it is made, a server listens on the socket already.
LISTENS = "pg_isready -q -h 127.0.0.1"
ASKS = f"{LISTENS} && psql -qXAt -U app -d shop -c 'SELECT 1'"
# A server that does not start with a raised value, as one whose memory does not hold it.
FUSSY = """
grep -qs "max_connections = '30'" "$PGDATA/postgresql.auto.conf" && { echo FATAL: no memory >&2; exit 1; }
exec start-postgres
"""


@dataclass(frozen=True)
class Podded(postgres.Server):
    """The laboratory's view of a server in a pod, whose network and files this machine reaches."""

    bench: Any = None
    name: str = ""

    @property
    def data_dir(self) -> Path:
        return Path(self.directory) / "data"

    def pod(self) -> dict[str, Any]:
        return dict(self.bench.space.json("pod", f"{self.name}-0"))

    def dsn(self, *given: Any, **more: Any) -> dict[str, Any]:
        return {**super().dsn(*given, **more), "host": self.pod()["status"]["podIP"]}


@pytest.fixture
def server(bench: Bench, tmp_path: Path) -> Callable[..., Podded]:
    def make(probe: str, **container: Any) -> Podded:
        passwords = {role: secrets.token_hex(12) for role in ("app", "postgres")}
        for role, password in passwords.items():
            (tmp_path / f"{role}.password").write_text(password)
        tmp_path.chmod(0o755)
        environment = {
            "POSTGRES_USER": "app",
            "POSTGRES_PASSWORD": passwords["app"],
            "POSTGRES_DB": "shop",
            "POSTGRES_MAX_CONNECTIONS": "20",
        }
        data = "/var/lib/postgresql/data"
        probed = {"exec": {"command": ["sh", "-c", probe]}}
        own = {
            "image": "oncall-lab/postgres:1",
            "command": ["start-postgres"],
            "env": [{"name": name, "value": value} for name, value in environment.items()],
            "readinessProbe": {**probed, "periodSeconds": 1, "timeoutSeconds": 3},
            "volumeMounts": [{"name": "data", "mountPath": data}],
            **container,
        }
        volume = {
            "name": "data",
            "hostPath": {"path": str(tmp_path / "data"), "type": "DirectoryOrCreate"},
        }
        name = bench.apply("StatefulSet", {"serviceName": "none"}, own, volumes=[volume])
        bench.space.kubectl("rollout", "status", f"statefulset/{name}", "--timeout=90s")
        alter = f"ALTER ROLE postgres PASSWORD '{passwords['postgres']}'"
        bench.space.execute(f"{name}-0", "psql", "-qXU", "postgres", "-c", alter)
        place = {"directory": tmp_path, "socket_dir": tmp_path}
        return Podded(**place, engine="pod", version="15", port=5432, bench=bench, name=name)

    return make


@pytest.fixture
def crowds() -> Iterator[list[Crowd]]:
    opened: list[Crowd] = []
    yield opened
    for crowd in opened:
        crowd.leave()


def crowd_of(server: Podded, crowds: list[Crowd]) -> Crowd:
    crowds.append(Crowd(server))
    return crowds[-1]


def drill(server: Podded, folder: Path) -> Drill:
    entry = {
        "kind": "postgresql",
        "platform": "kubernetes",
        "kubernetes": server.bench.section(server.name, "statefulset"),
        "postgresql": {
            "via": "exec",
            "database": "shop",
            "user": "oncall",
            "admin": {"via": "exec", "user": "postgres"},
        },
    }
    site = harness.make_site(folder / "site", {"db": entry})
    return Drill(server, site).given(timeout_seconds=60)


def unlocked(server: Podded) -> None:
    """The lock was a Lease of the namespace, and nobody holds it any more."""
    leases = server.bench.space.json("leases")["items"]
    (lease,) = (one for one in leases if server.name in one["metadata"]["name"])
    assert not lease["spec"].get("holderIdentity")
    assert lease["spec"]["leaseTransitions"] >= 1
    assert "oncall.runbooks/lock" not in (lease["metadata"].get("annotations") or {})


def test_sessions_are_ended_inside_a_pod_that_is_not_ready(
    server: Any, crowds: list[Crowd], tmp_path: Path
) -> None:
    db = server(ASKS)
    case, uid = drill(db, tmp_path), db.pod()["metadata"]["uid"]
    case.healthy()
    crowd = crowd_of(db, crowds)
    opened = crowd.open()
    crowd.age()
    wait_for("the pod is not ready", lambda: not ready(db), 30)
    case.check()
    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert ended(done) == opened[:4]
    assert "break_glass" in {event["kind"] for event in done.report["timeline"]}
    case.healthy()
    wait_for("the pod is ready", lambda: ready(db), 30)
    assert db.pod()["metadata"]["uid"] == uid
    unlocked(db)


def ready(server: Podded) -> bool:
    return bool(server.pod()["status"]["containerStatuses"][0]["ready"])


def test_raised_and_reverted(server: Any, crowds: list[Crowd], tmp_path: Path) -> None:
    db = server(LISTENS)
    case, uid = drill(db, tmp_path), db.pod()["metadata"]["uid"]
    case.healthy(**RAISE)
    crowd_of(db, crowds).open(state="active")
    before = snapshot.take(db)
    assert case.unchanged().outcome == "needs_approval"
    assert case.check(**RAISE).planned("raise_max_connections")["status"] == "planned"
    assert db.pod()["metadata"]["uid"] == uid
    done = case.run(**RAISE)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert db.query("SHOW max_connections") == [("30",)]
    assert db.pod()["metadata"]["uid"] != uid
    case.healthy(**RAISE)
    # In the same incident: restarted again, for another value.
    reverted = case.run(
        playbook="revert", incident=done.report["incident"], approve=RAISE["approve"]
    )
    assert (reverted.outcome, reverted.rc) == ("done", 0), reverted.stdout + reverted.stderr
    assert snapshot.differences(before, snapshot.take(db), but=BUT_RESTARTED) == {}
    unlocked(db)


def test_a_server_that_hangs_is_restarted(server: Any, tmp_path: Path) -> None:
    """PG14. One that ends is started by the cluster itself; one without a pod was scaled to nothing."""
    db = server(LISTENS)
    given = {**outage.QUICK, "timeout_seconds": 90, "approve": "restart_server"}
    case = replace(drill(db, tmp_path), playbook="db_outage", variables=given)

    def state() -> tuple[str, Any]:
        return db.pod()["metadata"]["uid"], db.bench.space.json("statefulset", db.name)["spec"]

    def freeze() -> None:
        os.kill(first_process(db.pod()["metadata"]["uid"]), signal.SIGSTOP)

    outage.proven_outage(case.run, state, freeze, "hung", "restart_server")
    unlocked(db)


def first_process(uid: str) -> int:
    """Of a pod, as this machine sees it: from inside, the first process cannot be stopped."""
    for path in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            status, group = path.read_text(), path.with_name("cgroup").read_text()
            first = status.startswith("Name:\tpostgres\n") and re.search(r"NSpid:.*\t1\n", status)
            if first and uid in group.replace("_", "-"):
                return int(path.parent.name)
    return pytest.skip("the pods of this cluster are on another machine")


def test_a_server_that_does_not_start_goes_back(
    server: Any, crowds: list[Crowd], tmp_path: Path
) -> None:
    """PG07. The pod is down, so the file is put right from beside it; nothing else is left."""
    db = server(LISTENS, command=["sh", "-c", FUSSY])
    case = drill(db, tmp_path)
    before = snapshot.take(db)
    crowd_of(db, crowds).open(state="active")
    done = case.run(**RAISE)
    assert done.outcome == "unrecovered" and done.rc != 0, done.stdout
    assert "did not start with max_connections = 30" in " ".join(spoken(done).split())
    assert db.query("SHOW max_connections") == [("20",)]
    assert snapshot.differences(before, snapshot.take(db), but=BUT_RESTARTED) == {}
    pods = [one["metadata"]["name"] for one in db.bench.space.json("pods")["items"]]
    assert [name for name in pods if name.startswith(db.name)] == [f"{db.name}-0"]
