# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release goes out on what services really run on, one instance first, and back when it is not well."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import run

pytestmark = pytest.mark.lab
harness = sys.modules["oncall_harness"]
FAST = ("-e", "service=api", "-e", "hold_seconds=4", "-e", "start_seconds=30")
YES = (*FAST, "-e", "approve=deploy_release")


@dataclass(frozen=True)
class Place:
    """One platform with an api of its first release, and the database that it needs."""

    site: Any
    releases: dict[str, str]  # v1 to v4, as a person names them here
    running: Callable[[], list[str]]  # of each instance of the api that runs, its release
    state: Callable[[], Any]  # what must not change when nothing is changed
    database: Callable[[], str]  # another answer tells of another one

    def deploy(self, release: str, *more: str) -> Any:
        named = ("-e", f"release={self.releases.get(release, release)}")
        return self.site.run("deploy_hotfix", *YES, *named, *more, timeout=900)


@dataclass
class Watch:
    """The most instances of a release that were seen at one moment while something else went on."""

    running: Callable[[], list[str]]
    most: dict[str, int] = field(default_factory=dict)
    least: int = 99

    def __enter__(self) -> Watch:
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self) -> None:
        while not self.over.wait(0.3):
            now = self.running()
            self.least = min(self.least, len(now))
            for release in set(now):
                self.most[release] = max(self.most.get(release, 0), now.count(release))

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.thread.join()


def compose(folder: Path, number: int) -> Iterator[Place]:
    with lab.compose_project("labelmint", "api", "db", "redis", "gateway") as project:
        project.compose("up", "--detach", "--no-deps", "--wait", "--scale", f"api={number}", "api")
        files = {"project_dir": str(project.folder), "project": project.name}
        services = {
            "db": {
                "kind": "postgresql",
                "platform": "compose",
                "compose": {**files, "service": "db"},
                "postgresql": {"via": "exec", "database": "labelmint", "user": "oncall"},
            },
            "api": {
                "kind": "http",
                "platform": "compose",
                "compose": {**files, "service": "api"},
                "health": {"url": f"{project.url('api')}/health", "seconds": 3},
                "depends_on": ["db"],
            },
        }
        ids = {
            run("docker", "image", "inspect", "-f", "{{.Id}}", f"shop:v{n}").stdout.strip(): f"v{n}"
            for n in range(1, 5)
        }
        ours = ("--filter", f"label=com.docker.compose.project={project.name}")

        def containers(*more: str) -> list[str]:
            return run("docker", "ps", "--quiet", "--no-trunc", *ours, *more).stdout.split()

        def running() -> list[str]:
            found = containers("--filter", "label=com.docker.compose.service=api")
            told = run("docker", "inspect", "-f", "{{.Image}}", *found, check=False).stdout.split()
            return [ids[image] for image in told]

        yield Place(
            harness.make_site(folder, services),
            {f"v{n}": f"shop:v{n}" for n in range(1, 5)},
            running,
            lambda: sorted(containers("--all")),
            lambda: str(project.inspect("db")["Id"]),
        )


def systemd(folder: Path) -> Iterator[Place]:
    with lab.systemd_host("tokpulse") as host:
        connection = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": host.name,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        releases = {"releases_dir": "/opt/app/releases", "current": "/opt/app/current"}
        services = {
            "db": {
                "kind": "postgresql",
                "platform": "systemd",
                "systemd": {"unit": "postgresql@15-main.service"},
                "postgresql": {"via": "exec", "database": "tokpulse", "user": "oncall"},
            },
            "api": {
                "kind": "http",
                "platform": "systemd",
                "systemd": {"unit": "tokpulse.service", **releases},
                "health": {"url": "http://127.0.0.1:3000/health", "from": "host", "seconds": 3},
                "depends_on": ["db"],
            },
        }

        def running() -> list[str]:
            return ["v" + host.execute("readlink", "-f", "/opt/app/current").strip()[-1]]

        def started(unit: str) -> str:
            return host.execute("systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", unit)

        yield Place(
            harness.make_site(folder, services, connection),
            {f"v{n}": str(n) for n in range(1, 5)},
            running,
            lambda: (running(), started("tokpulse")),
            lambda: started("postgresql@15-main"),
        )


def kubernetes(folder: Path) -> Iterator[Place]:
    with lab.namespace("haste") as space:
        place = {"namespace": space.name, "kubeconfig": str(space.config)}
        services = {
            "db": {
                "kind": "postgresql",
                "platform": "kubernetes",
                "kubernetes": {**place, "workload": "statefulset", "name": "postgres"},
                "postgresql": {"via": "exec", "database": "haste", "user": "oncall"},
            },
            "api": {
                "kind": "http",
                "platform": "kubernetes",
                "kubernetes": {**place, "workload": "deployment", "name": "api"},
                "health": {"url": f"{space.url('api')}/health", "seconds": 3},
                "depends_on": ["db"],
            },
        }

        def pods(app: str) -> list[Any]:
            found = space.json("pods", "-l", f"app={app}")["items"]
            return [one for one in found if not one["metadata"].get("deletionTimestamp")]

        def running() -> list[str]:
            return [
                one["spec"]["containers"][0]["image"].removeprefix("shop:") for one in pods("api")
            ]

        def state() -> Any:
            spec = space.json("deployment", "api")["spec"]
            return (
                json.dumps(spec, sort_keys=True),
                sorted(one["metadata"]["uid"] for one in pods("api")),
            )

        yield Place(
            harness.make_site(folder, services),
            {f"v{n}": f"shop:v{n}" for n in range(1, 5)},
            running,
            state,
            lambda: str([one["metadata"]["uid"] for one in pods("postgres")]),
        )


def compose_one(folder: Path) -> Iterator[Place]:
    yield from compose(folder, 1)


def compose_three(folder: Path) -> Iterator[Place]:
    yield from compose(folder, 3)


# One instance is the same path with nothing in between: make test-lab takes it, too.
PLACES: list[Any] = [
    pytest.param(compose_one, marks=pytest.mark.soak), compose_three, systemd, kubernetes
]  # fmt: skip


@pytest.fixture(params=PLACES, ids=lambda make: str(make.__name__))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from request.param(tmp_path)


def why(done: Any) -> str:
    return str(done.stdout) + str(done.stderr)


def test_a_good_release_goes_out_and_comes_back(place: Place) -> None:
    before, database, number = place.state(), place.database(), len(place.running())
    asked = place.site.run("deploy_hotfix", *FAST, "-e", f"release={place.releases['v2']}")
    assert (asked.outcome, place.state()) == ("needs_approval", before), why(asked)
    checked = place.deploy("v2", "--check")
    assert (checked.rc, checked.outcome) == (0, "planned"), why(checked)
    assert place.state() == before

    done = place.deploy("v2")
    assert (done.rc, done.outcome) == (0, "done"), why(done)
    assert place.running() == ["v2"] * number and place.database() == database
    (change,) = done.report["changes"]
    assert (change["action"], change["status"]) == ("deploy_release", "made")

    after = place.state()
    again = place.deploy("v2")
    assert (again.rc, again.outcome) == (0, "healthy"), why(again)
    assert place.state() == after and again.report["changes"] == []

    incident = ("-e", f"incident={done.report['incident']}", "-e", "approve=roll_back")
    undone = place.site.run("revert", "-e", "service=api", *incident, timeout=900)
    assert (undone.rc, undone.outcome) == (0, "done"), why(undone)
    assert place.running() == ["v1"] * number and place.database() == database


@pytest.mark.parametrize("release", ["v3", "v4"])
def test_a_bad_release_goes_back_by_itself(place: Place, release: str) -> None:
    before, database, number = place.state(), place.database(), len(place.running())
    with Watch(place.running) as watch:
        done = place.deploy(release)
    assert done.rc != 0 and done.outcome == "unrecovered", why(done)
    assert watch.most.get(release, 0) <= 1 and watch.least >= number - 1, watch
    assert place.running() == ["v1"] * number and place.database() == database
    if number > 1:  # the very same instances run on
        assert place.state() == before
    (change,) = done.report["changes"]
    assert change["status"] == "failed"
    assert "is in use again" in change["message"] and "is in use again" in done.report["next_step"]


def test_a_release_that_is_not_there(place: Place) -> None:
    before = place.state()
    done = place.deploy(place.releases["v1"].replace("1", "9"))
    assert (done.outcome, place.state()) == ("refused", before) and done.rc != 0, why(done)
    assert "nothing was stopped" in done.planned("deploy_release")["why"]
    # The first reading tells: nothing is waited for, and not even the lock is taken.
    assert done.report["changes"] == [] and "lock taken" not in done.stdout
