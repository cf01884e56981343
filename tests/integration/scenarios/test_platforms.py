# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same runbooks on what services really run on: an api with its database, broken in the same ways."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.lab import lab

harness = sys.modules["oncall_harness"]
FAST = ("-e", "service=api", "-e", "hold_seconds=1", "-e", "timeout_seconds=60")
GRACE = ("-e", "grace_seconds=40")


@dataclass(frozen=True)
class Place:
    """One platform with the api and its database on it."""

    site: Any
    url: str
    break_it: Callable[[], Any]
    deploy: Callable[[str], Any]  # good, crash
    release: Callable[[], str]
    born: Callable[[], str]  # another answer tells of a restart
    stop_database: Callable[[], Any]

    def well(self) -> bool:
        return lab.get(f"{self.url}/health")[0] == 200


def compose(folder: Path) -> Iterator[Place]:
    with lab.compose_project("labelmint", "api", "db", "redis", "gateway") as project:
        files = {"project_dir": str(project.folder), "project": project.name}
        url = project.url("api")
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
                "health": {"url": f"{url}/health", "seconds": 3},
                "depends_on": ["db"],
                "releases": {"previous": "shop:v1", "history": lab.GOOD},
            },
        }

        def deploy(which: str) -> None:
            project.set(API_RELEASE={"good": "v2", "crash": "v3"}[which])
            project.compose("up", "--detach", "--no-deps", "api")

        def born() -> str:
            return str(project.inspect("api")["State"]["StartedAt"])

        yield Place(
            harness.make_site(folder, services),
            url,
            lambda: lab.post(f"{url}/break/health"),
            deploy,
            lambda: str(project.inspect("api")["Image"]),
            born,
            lambda: project.compose("stop", "db"),
        )


def systemd(folder: Path) -> Iterator[Place]:
    with lab.systemd_host("tokpulse") as host:
        url = f"http://{host.address()}"
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
                "releases": {"history": ["1", "2"]},
            },
        }

        def deploy(which: str) -> None:
            host.release({"good": 2, "crash": 3}[which])
            host.execute("systemctl", "restart", "--no-block", "tokpulse")
            time.sleep(3)

        def asked(page: str) -> None:
            host.execute("curl", "-fsS", "-X", "POST", f"http://127.0.0.1:3000/{page}")

        yield Place(
            harness.make_site(folder, services, connection),
            url,
            lambda: asked("break/health"),
            deploy,
            lambda: host.execute("readlink", "-f", "/opt/app/current").strip(),
            lambda: host.execute(
                "systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", "tokpulse"
            ),
            lambda: host.execute("systemctl", "stop", "postgresql@15-main"),
        )


@pytest.fixture(params=[compose, systemd], ids=lambda make: str(make.__name__))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    try:
        yield from request.param(tmp_path)
    except lab.Skipped as skipped:
        pytest.skip(str(skipped))


def made(done: Any) -> list[tuple[str, str]]:
    assert done.report, done.stdout + done.stderr
    return [(change["service"], change["action"]) for change in done.report["changes"]]


def test_a_sick_api_is_restarted_and_a_well_one_is_not(place: Place) -> None:
    before = place.born()
    healthy = place.site.run("api_unavailable", *FAST)
    assert (healthy.rc, healthy.outcome) == (0, "healthy"), healthy.stdout + healthy.stderr
    place.break_it()
    checked = place.site.run("api_unavailable", *FAST, "--check")
    assert (checked.outcome, place.born()) == ("planned", before), checked.stdout + checked.stderr
    done = place.site.run("api_unavailable", *FAST)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert made(done) == [("api", "restart_service")] and place.born() != before
    assert any(item["what"] == "logs" for item in done.report["evidence"])
    again = place.site.run("api_unavailable", *FAST)
    assert (again.outcome, made(again)) == ("healthy", [])


def test_a_bad_release_is_gone_back_from_once(place: Place) -> None:
    place.deploy("good")
    good = place.release()
    place.deploy("crash")
    bad = place.release()
    assert bad != good
    asked = place.site.run("bad_deployment", *FAST)
    assert asked.outcome == "needs_approval" and place.release() == bad, asked.stdout + asked.stderr
    done = place.site.run("bad_deployment", *FAST, "-e", "approve=roll_back")
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert place.release() == good and made(done) == [("api", "roll_back")]
    before = place.born()
    again = place.site.run("bad_deployment", *FAST, "-e", "approve=roll_back")
    assert (again.outcome, made(again), place.born()) == ("healthy", [], before)


def test_the_database_comes_back_and_the_api_is_left_alone(place: Place) -> None:
    before = place.born()
    place.stop_database()
    left = place.site.run("api_unavailable", *FAST)
    assert left.outcome == "refused" and "db is down" in left.stdout, left.stdout + left.stderr
    done = place.site.run("service_outage", *FAST, *GRACE)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert made(done) == [("db", "start_service")] and place.born() == before
