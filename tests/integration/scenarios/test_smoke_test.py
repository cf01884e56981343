# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Critical paths, walked for real: requests that follow from each other, and commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import extra
from ansible_collections.oncall.runbooks.tests.integration.scenarios.town import Town

harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow
TOKEN = "canary-token-3141592653"


def paths(town: Town, **more: Any) -> dict[str, Any]:
    create = [
        {
            "url": town.url("api", "/tasks"),
            "method": "POST",
            "json": {"title": "probe"},
            "status": 201,
            "keep": {"task": "task.id"},
        },
        {"url": town.url("api", "/tasks/${task}"), "body": "completed", "within_seconds": 10},
    ]
    return {"create_task": {"from": "host", "steps": create}, **more}


def make(town: Town, folder: Path, **entries: Any) -> Any:
    return harness.make_site(folder / "smoke", town.services(**entries), {}, town.groups())


@pytest.mark.parametrize("place", ["host", "controller"])
def test_a_task_is_made_and_completes(town: Town, tmp_path: Path, place: str) -> None:
    smoke = paths(town)
    smoke["create_task"]["from"] = place
    site = make(
        town, tmp_path, api={"smoke": smoke}, bot={"commands": {"smoke": ["sh", "-c", "echo fine"]}}
    )
    done = site.run("smoke_test")
    assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
    assert done.report["outcomes"] == {"api": "healthy", "bot": "healthy"}
    said = [found["summary"] for found in done.report["findings"] if found["service"] == "api"]
    assert len(said) == 1 and said[0].startswith("create_task: 2 steps")
    assert town.status("api", "/tasks/1") == 200


def test_a_path_that_breaks_on_its_way(town: Town, tmp_path: Path) -> None:
    site = make(town, tmp_path, api={"smoke": paths(town)})
    assert town.status("api", "/break", b"") == 200
    done = site.run("smoke_test", *extra(service="api"))
    found = done.finding("smoke")
    assert (done.outcome, found["severity"], found["reason"]) == (
        "attention",
        "crit",
        "wrong_status",
    )
    assert done.rc != 0
    assert "step 1 of 2, POST" in found["summary"] and "500 instead of 201" in found["summary"]
    town.status("api", "/mend", b"")


def test_a_command_that_fails(town: Town, tmp_path: Path) -> None:
    site = make(town, tmp_path, bot={"commands": {"smoke": ["sh", "-c", "echo no wallet; exit 3"]}})
    done = site.run("smoke_test")
    found = done.finding("smoke")
    assert (found["reason"], done.rc != 0) == ("command_failed", True)
    assert "status 3: no wallet" in found["summary"]


def test_check_mode_makes_nothing(town: Town, tmp_path: Path) -> None:
    look = {"look": {"steps": [{"url": town.url("api")}]}}
    site = make(town, tmp_path, api={"smoke": paths(town, **look)})
    done = site.run("smoke_test", "--check")
    assert (done.outcome, done.rc) == ("planned", 0), done.stdout + done.stderr
    assert {found["reason"] for found in done.report["findings"]} == {"ok", "not_run"}
    assert town.status("api", "/tasks/1") == 404


@pytest.mark.parametrize("place", ["host", "controller"])
@pytest.mark.parametrize("token", [TOKEN, "wrong-token-1234"])
def test_a_bearer_is_sent_and_never_told(
    town: Town, tmp_path: Path, place: str, token: str
) -> None:
    private = {
        "private": {
            "from": place,
            "bearer_env": "TENANT_TOKEN",
            "steps": [{"url": town.url("api", "/private")}],
        }
    }
    site = make(town, tmp_path, api={"smoke": private})
    done = site.run("smoke_test", "-vvv", environment={"TENANT_TOKEN": token})
    assert done.outcome == ("healthy" if token == TOKEN else "attention"), done.stdout
    written = [path.read_text() for path in done.state.rglob("*") if path.is_file()]
    assert not any(token in text for text in [done.stdout, done.stderr, *written])


def test_a_host_without_an_answer_is_no_success(town: Town, tmp_path: Path) -> None:
    asked = {**town.entry("api")["health"], "from": "host"}
    site = make(town, tmp_path, api={"smoke": paths(town), "health": asked})
    wait = "ansible_ssh_common_args: '-o ConnectTimeout=2'"
    far = f"{{ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, {wait}}}"
    site.inventory.write_text(site.inventory.read_text().replace("api: {}", f"api: {far}"))
    done = site.run("smoke_test", *extra(service="api"))
    assert (done.outcome, done.rc != 0) == ("error", True)


@pytest.mark.parametrize(
    ("smoke", "said"),
    [
        ({"x": {"steps": []}}, "smoke.x.steps: got"),
        ({"x": {"step": []}}, "did you mean steps"),
        ({"x": {"steps": [{"url": "ftp://x"}]}}, "smoke.x.steps.1.url"),
        (
            {"x": {"steps": [{"url": "http://a.example/", "method": "FETCH"}]}},
            "one of GET, HEAD, POST",
        ),
        (
            {
                "x": {
                    "steps": [
                        {"url": "http://a.example/", "headers": {"Authorization": "Bearer abc"}}
                    ]
                }
            },
            "a credential is a bearer_file or bearer_env",
        ),
        (
            {"x": {"bearer_env": "NOT_SET_ANYWHERE", "steps": [{"url": "http://127.0.0.1:9/"}]}},
            "NOT_SET_ANYWHERE is not set",
        ),
    ],
)
def test_a_bad_entry_is_one_line(town: Town, tmp_path: Path, smoke: Any, said: str) -> None:
    done = make(town, tmp_path, api={"smoke": smoke}).run("smoke_test", *extra(service="api"))
    assert done.rc != 0 and said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_catalog_without_a_path(town: Town, town_site: Any) -> None:
    done = town_site.run("smoke_test")
    assert done.rc != 0 and "no service of the catalog has smoke or commands.smoke" in done.stderr
