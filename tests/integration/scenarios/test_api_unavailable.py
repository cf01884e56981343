# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""api_unavailable, from outside: real processes that fail in different ways, each with its own answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

FAST = ("-e", "hold_seconds=1", "-e", "timeout_seconds=20")


def reasons(done: Any) -> dict[str, str]:
    assert done.report, done.stdout + done.stderr
    return {f["check"]: f["reason"] for f in done.report["findings"] if f["severity"] != "ok"}


def evidence(done: Any) -> str:
    folder = done.state / "incidents" / done.report["incident"]
    return "".join((folder / item["path"]).read_text() for item in done.report["evidence"])


def test_a_healthy_service_is_left_alone(shop: Any) -> None:
    shop.add("api")
    before = shop.starts("api")
    done = shop.site().run("api_unavailable", *FAST)
    assert (done.rc, done.outcome) == (0, "healthy"), done.stdout + done.stderr
    assert done.report["changes"] == [] and shop.starts("api") == before


def test_a_sick_process_is_restarted_once_with_its_logs_kept(shop: Any) -> None:
    shop.add("api")
    shop.make_sick("api")
    before = shop.starts("api")
    site = shop.site()
    planned = site.run("api_unavailable", *FAST, "--check")
    assert (planned.rc, planned.outcome) == (0, "planned"), planned.stdout + planned.stderr
    assert shop.starts("api") == before
    done = site.run("api_unavailable", *FAST)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert reasons(done) == {"health": "wrong_status"}
    (change,) = done.report["changes"]
    assert (change["action"], change["status"]) == ("restart_service", "made")
    assert shop.starts("api") != before
    assert "starts as" in evidence(done)
    again = site.run("api_unavailable", *FAST)
    assert (again.outcome, again.report["changes"]) == ("healthy", [])


def test_what_is_stopped_is_started(shop: Any, tmp_path: Any) -> None:
    shop.add("api")
    shop.stop("api")
    done = shop.site().run("api_unavailable", *FAST)
    assert done.outcome == "recovered", done.stdout + done.stderr
    assert [change["action"] for change in done.report["changes"]] == ["start_service"]


def test_a_new_release_that_crashes_is_gone_back_from_when_approved(shop: Any) -> None:
    shop.add("api")
    shop.deploy("api", "2", "crash")
    site = shop.site()
    asked = site.run("api_unavailable", *FAST)
    assert (asked.outcome, asked.rc != 0) == ("needs_approval", True), asked.stdout + asked.stderr
    assert asked.planned("restart_service")["status"] == "not_needed"
    assert shop.status("api")["current"] == "2"
    done = site.run("api_unavailable", *FAST, "-e", "approve=roll_back")
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert shop.status("api")["current"] == "1"
    assert "cannot read the configuration" in evidence(done)
    assert "hunter2" not in evidence(done) + done.stdout + done.stderr + json.dumps(done.report)


def test_its_database_is_down_so_it_is_left_alone(
    shop: Any, database: Any, with_database: Callable[[], str]
) -> None:
    shop.add("api", needs=with_database(), depends_on=["db"])
    before = shop.starts("api")
    shop.databases.stop(database.directory)
    done = shop.site().run("api_unavailable", "-e", "service=api", *FAST)
    assert done.outcome == "refused" and done.rc != 0, done.stdout + done.stderr
    assert reasons(done)["dependencies"] == "dependency_down"
    assert "db is down" in done.planned("restart_service")["why"]
    assert "service_outage.yml -e service=api" in done.planned("restart_service")["why"]
    assert shop.starts("api") == before


def test_the_same_fault_again_and_again_ends_with_a_person(shop: Any) -> None:
    shop.add("api")
    site = shop.site()
    outcomes = []
    for _unused in range(3):
        shop.make_sick("api")
        outcomes.append(site.run("api_unavailable", *FAST, "-e", "max_restarts=2").outcome)
    assert outcomes == ["recovered", "recovered", "refused"]


def test_a_hung_process_is_told_from_a_dead_one(shop: Any) -> None:
    shop.add("api")
    shop.deploy("api", "2", "hang")
    done = shop.site().run("api_unavailable", *FAST, "--check")
    assert reasons(done) == {"health": "timeout"}
