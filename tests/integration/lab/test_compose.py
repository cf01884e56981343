# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A product under Compose: it serves, it breaks as told, and nothing of it remains."""

from __future__ import annotations

import json

import pytest
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import output, wait_for

pytestmark = pytest.mark.lab


def test_the_application_talks_to_its_database(project: lab.Project) -> None:
    status, body = lab.get(f"{project.url('api')}/health")
    assert status == 200
    assert body["checks"] == {"self": "ok", "database": "ok", "redis": "ok"}
    assert lab.get(f"{project.url('web')}/")[0] == 200


def test_what_is_ordered_is_delivered(project: lab.Project) -> None:
    assert json.loads(project.execute("worker", "npm", "run", "smoke"))["smoke"] == "ok"


def test_the_pool_holds_its_connections(project: lab.Project) -> None:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'api'"
    psql = ("psql", "-X", "-At", "-U", "oncall", "-d", "labelmint", "-c", sql)
    assert project.execute("db", *psql).strip() == "5"


def test_processing_stops_and_goes_on(project: lab.Project) -> None:
    paused = json.loads(project.execute("worker", "npm", "run", "payments:pause"))
    assert paused["paused"]
    lab.post(f"{project.url('api')}/orders")
    waiting = json.loads(project.execute("worker", "npm", "run", "payments:status"))
    assert waiting["waiting"] == 1
    resumed = json.loads(project.execute("worker", "npm", "run", "payments:resume"))
    assert not resumed["paused"]


def test_without_its_database_it_says_so_and_recovers(project: lab.Project) -> None:
    health = f"{project.url('api')}/health"
    project.compose("stop", "--timeout", "1", "db")
    assert lab.get(health)[0] == 503
    project.compose("start", "db")
    wait_for("the api", lambda: lab.get(health)[0] == 200, seconds=20)


def test_memory_that_grows_ends_in_a_kill(project: lab.Project) -> None:
    before = project.inspect("api")["RestartCount"]
    lab.post(f"{project.url('api')}/break/memory")
    wait_for("the kill", lambda: project.inspect("api")["RestartCount"] > before, seconds=30)
    wait_for("the api", lambda: lab.get(f"{project.url('api')}/health")[0] == 200, seconds=20)


@pytest.mark.parametrize(("release", "status"), [("v2", 200), ("v4", 500)])
def test_another_release(project: lab.Project, release: str, status: int) -> None:
    project.set(API_RELEASE=release)
    project.compose("up", "--detach", "api")
    health = f"{project.url('api')}/health"
    wait_for(release, lambda: lab.get(health)[0] == status, seconds=20)
    assert lab.get(health)[1]["version"] == release


def test_a_release_that_crashes_in_a_loop(project: lab.Project) -> None:
    project.set(API_RELEASE="v3")
    project.compose("up", "--detach", "api")
    wait_for("crashes", lambda: project.inspect("api")["RestartCount"] > 1, seconds=30)
    project.set(API_RELEASE="v1")
    project.compose("up", "--detach", "--wait", "api")


def test_it_can_be_scaled(project: lab.Project) -> None:
    project.compose("up", "--detach", "--wait", "--scale", "api=3", "api")
    assert len(project.compose("ps", "--quiet", "api").split()) == 3
    project.compose("up", "--detach", "--wait", "--scale", "api=1", "api")


def test_nothing_remains() -> None:
    with lab.compose_project("usdx_wexel") as project:
        name = project.name
        wait_for(
            "the indexer",
            lambda: lab.get(f"{project.url('indexer')}/health")[1].get("lag", 99) < 3,
        )
    for kind in ("container", "volume", "network"):
        listing = ["ls", "--all"] if kind == "container" else ["ls"]
        form = ["--filter", f"label=com.docker.compose.project={name}", "--quiet"]
        assert output("docker", kind, *listing, *form) == ""
    assert not project.folder.exists()
