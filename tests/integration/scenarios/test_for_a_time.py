# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes for a time, from outside: each has a way back, an expiry, and is told of by the next run."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

FAST = ("-e", "hold_seconds=0", "-e", "timeout_seconds=20")


def add(shop: Any, **more: Any) -> None:
    def setting(key: str) -> dict[str, list[str]]:
        return {
            value: shop.manager("set", "api", key, value)
            for value in ("on", "off", "paused", "running")
        }

    maintenance, processing = setting("maintenance"), setting("processing")
    commands = {
        "maintenance_on": maintenance["on"],
        "maintenance_off": maintenance["off"],
        "maintenance_status": shop.manager("get", "api", "maintenance"),
        "pause": processing["paused"],
        "resume": processing["running"],
        "status": shop.manager("get", "api", "processing"),
    }
    shop.add("api", commands=commands, **more)
    shop.lab.set_key(shop.folder, "api", "processing", "running")


def answer(shop: Any) -> int:
    url = shop.services["api"]["health"]["url"]
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def findings(done: Any) -> list[str]:
    assert done.report, done.stdout + done.stderr
    return [f["reason"] for f in done.report["findings"] if f["severity"] != "ok"]


def expire(path: Path) -> None:
    """As if the time were over: the journal is sealed anew with an expiry in the past."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.unlink()
    journal = Journal(path)
    for line in lines:
        if line["data"].get("expires_at"):
            line["data"]["expires_at"] = "2026-01-01T00:00:00.000000Z"
        journal.append(line["run"], line["type"], line["data"], line["service"])


def journal_of(done: Any) -> Path:
    return Path(done.report["journal"]["path"])


def test_maintenance_has_a_way_out(shop: Any) -> None:
    add(shop)
    site = shop.site()
    checked = site.run(
        "maintenance_mode", "-e", "mode=enter", *FAST, "-e", "approve=enter_maintenance", "--check"
    )
    assert (checked.outcome, answer(shop)) == ("planned", 200), checked.stdout + checked.stderr
    assert site.run("maintenance_mode", "-e", "mode=enter", *FAST).outcome == "needs_approval"
    entered = site.run(
        "maintenance_mode", "-e", "mode=enter", *FAST, "-e", "approve=enter_maintenance"
    )
    assert (entered.rc, entered.outcome, answer(shop)) == (0, "done", 503), (
        entered.stdout + entered.stderr
    )
    assert entered.report["changes"][0]["expires_at"] > entered.report["started_at"]
    # Nobody restarts what is meant to be away, and the next run says why it is.
    other = site.run("api_unavailable", *FAST)
    assert "own_mitigation_active" in findings(other) and other.outcome == "refused"
    assert (
        "maintenance_mode.yml -e service=api -e mode=leave"
        in other.planned("restart_service")["why"]
    )
    left = site.run("maintenance_mode", "-e", "mode=leave", *FAST)
    assert (left.rc, left.outcome, answer(shop)) == (0, "done", 200), left.stdout + left.stderr
    assert findings(site.run("api_unavailable", *FAST)) == []


def test_maintenance_that_was_forgotten_is_ended_by_the_next_run(shop: Any) -> None:
    add(shop)
    site = shop.site()
    entered = site.run(
        "maintenance_mode", "-e", "mode=enter", *FAST, "-e", "approve=enter_maintenance"
    )
    expire(journal_of(entered))
    lifted = site.run("maintenance_mode", *FAST)
    assert "own_mitigation_expired" in findings(lifted)
    assert (lifted.rc, lifted.outcome, answer(shop)) == (0, "done", 200), (
        lifted.stdout + lifted.stderr
    )
    again = site.run("maintenance_mode", *FAST)
    assert (again.outcome, again.report["changes"]) == ("healthy", [])


def test_what_has_expired_is_undone_by_a_schedule(shop: Any) -> None:
    add(shop)
    site = shop.site()
    entered = site.run(
        "maintenance_mode", "-e", "mode=enter", *FAST, "-e", "approve=enter_maintenance"
    )
    expire(journal_of(entered))
    done = site.run("revert", "-e", "service=api", "-e", "expired_only=true")
    assert (done.rc, done.outcome, answer(shop)) == (0, "done", 200), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("playbook", "given", "later"),
    [
        ("maintenance_mode", ("mode=enter", "approve=enter_maintenance"), "maintenance_mode"),
        ("scale_emergency", ("replicas=3",), "revert"),
    ],
)
def test_a_run_that_was_killed_is_taken_back_when_its_time_is_over(
    shop: Any, playbook: str, given: tuple[str, ...], later: str
) -> None:
    """HT05, DC12: the change is made, and nobody has written so."""
    add(shop, replicas={"min": 1, "max": 3})
    site = shop.site()
    variables = [word for one in given for word in ("-e", one)]
    accident = rig.accident({"do": "kill", "when": "start", "name": "Write the outcome"})
    killed = site.run(playbook, *variables, *FAST, environment=accident)
    assert killed.rc == -signal.SIGKILL, killed.stdout + killed.stderr
    assert (answer(shop), len(shop.starts("api"))) in ((503, 1), (200, 3))
    (path,) = site.state.glob("incidents/*/journal.jsonl")
    expire(path)
    expired = ("-e", "service=api", "-e", "expired_only=true") if later == "revert" else FAST
    done = site.run(later, *expired)
    assert (done.rc, done.outcome) == (0, "done"), done.stdout + done.stderr
    time.sleep(0.5)
    assert (answer(shop), len(shop.starts("api"))) == (200, 1)
    again = site.run(later, *expired)
    assert (again.outcome, again.report["changes"]) == ("healthy", [])


def test_a_pause_never_ends_by_itself(shop: Any) -> None:
    add(shop)
    site = shop.site()
    paused = site.run("pause_processing", "-e", "mode=pause", *FAST)
    assert (paused.rc, paused.outcome) == (0, "done"), paused.stdout + paused.stderr
    assert shop.lab.read(shop.folder / "api" / "processing.json") == "paused"
    expire(journal_of(paused))
    called = site.run("revert", "-e", "service=api", "-e", "expired_only=true")
    assert called.rc != 0 and called.outcome == "refused", called.stdout
    assert "a person decides" in called.planned("resume_processing")["why"]
    assert site.run("pause_processing", *FAST).report["changes"] == []
    assert shop.lab.read(shop.folder / "api" / "processing.json") == "paused"
    assert site.run("pause_processing", "-e", "mode=resume", *FAST).outcome == "needs_approval"
    resumed = site.run(
        "pause_processing", "-e", "mode=resume", *FAST, "-e", "approve=resume_processing"
    )
    assert (resumed.rc, resumed.outcome) == (0, "done"), resumed.stdout + resumed.stderr
    assert shop.lab.read(shop.folder / "api" / "processing.json") == "running"
    nothing = site.run("revert", "-e", "service=api", "-e", "expired_only=true")
    assert nothing.outcome == "healthy"


def test_a_command_that_has_no_effect_is_no_success(shop: Any) -> None:
    add(shop)
    shop.services["api"]["commands"]["pause"] = ["true"]
    done = shop.site().run("pause_processing", "-e", "mode=pause", *FAST)
    assert done.rc != 0 and done.outcome == "unrecovered", done.stdout + done.stderr


def test_scaled_for_a_time(shop: Any) -> None:
    add(shop, replicas={"min": 1, "max": 3})
    site = shop.site()
    refused = site.run("scale_emergency", "-e", "replicas=9", *FAST)
    assert (
        refused.outcome == "refused"
        and "outside of 1 to 3" in refused.planned("scale_service")["why"]
    )
    done = site.run("scale_emergency", "-e", "replicas=3", *FAST)
    assert (done.rc, done.outcome) == (0, "done"), done.stdout + done.stderr
    assert len(shop.starts("api")) == 3
    again = site.run("scale_emergency", "-e", "replicas=3", *FAST)
    assert again.report["changes"] == [] and again.rc == 0
    expire(journal_of(done))
    undone = site.run("revert", "-e", "service=api", "-e", "expired_only=true")
    assert (undone.rc, undone.outcome) == (0, "done"), undone.stdout + undone.stderr
    time.sleep(0.5)
    assert len(shop.starts("api")) == 1


def test_no_more_instances_than_the_database_has_room_for(
    shop: Any, with_database: Callable[[], str]
) -> None:
    add(shop, replicas={"min": 1, "max": 9}, needs=with_database(), depends_on=["db"])
    site = shop.site()
    unsaid = site.run("scale_emergency", "-e", "service=api", "-e", "replicas=2", *FAST)
    assert "pool_per_instance" in unsaid.planned("scale_service")["why"], (
        unsaid.stdout + unsaid.stderr
    )
    pool = ("-e", "pool_per_instance=10")
    much = site.run("scale_emergency", "-e", "service=api", "-e", "replicas=4", *pool, *FAST)
    assert "3 more with 10 connections each need 30" in much.planned("scale_service")["why"]
    assert len(shop.starts("api")) == 1


def test_how_many_must_be_said(shop: Any) -> None:
    add(shop)
    done = shop.site().run("scale_emergency", *FAST)
    assert done.rc != 0 and "replicas: not given" in done.stdout + done.stderr
