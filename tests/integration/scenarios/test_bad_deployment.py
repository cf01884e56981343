# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bad_deployment, from outside: back to the release before, once, and only where there is a way back."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

FAST = ("-e", "hold_seconds=1", "-e", "timeout_seconds=20")
YES = (*FAST, "-e", "approve=roll_back")


def refused(done: Any) -> str:
    assert done.report, done.stdout + done.stderr
    entry = done.planned("roll_back")
    assert (done.outcome, entry["status"]) == ("refused", "refused"), done.stdout
    assert done.rc != 0 and done.report["changes"] == []
    return str(entry["why"])


def test_back_and_forth_again(shop: Any) -> None:
    shop.add("api")
    shop.deploy("api", "2", "sick")
    site = shop.site()
    asked = site.run("bad_deployment", *FAST)
    assert (asked.outcome, shop.status("api")["current"]) == ("needs_approval", "2"), asked.stdout
    done = site.run("bad_deployment", *YES)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert shop.status("api")["current"] == "1"
    again = site.run("bad_deployment", *YES)
    assert (again.outcome, again.report["changes"]) == ("healthy", [])
    assert shop.status("api")["current"] == "1"
    (change,) = done.report["changes"]
    assert change["undo"]["how"]["parameters"]["release"] == "2"
    incident = ("-e", f"incident={done.report['incident']}")
    assert site.run("revert", "-e", "service=api", *incident).outcome == "needs_approval"
    undone = site.run("revert", "-e", "service=api", *incident, "-e", "approve=roll_back")
    assert (undone.rc, undone.outcome) == (0, "done"), undone.stdout + undone.stderr
    assert shop.status("api")["current"] == "2"


def test_nothing_to_go_back_to(shop: Any) -> None:
    """DC05."""
    shop.add("api")
    shop.deploy("api", "2", "crash")
    shutil.rmtree(shop.folder / "api" / "releases" / "1")
    before = shop.status("api")["current"]
    done = shop.site().run("bad_deployment", *YES)
    assert "rollback_target_missing" in refused(done)
    assert shop.status("api")["current"] == before


def test_an_unknown_release_and_the_one_in_use(shop: Any) -> None:
    shop.add("api")
    shop.deploy("api", "2", "crash")
    site = shop.site()
    assert "release 7 is not one that is known" in refused(
        site.run("bad_deployment", *YES, "-e", "release=7")
    )
    done = site.run("bad_deployment", *YES, "-e", "release=2")
    assert done.planned("roll_back")["status"] == "not_needed"
    assert done.report["changes"] == [] and done.rc != 0


def test_a_migration_that_cannot_be_undone(shop: Any) -> None:
    shop.add("api", releases={"irreversible": ["2"]})
    shop.deploy("api", "2", "crash")
    assert "irreversible" in refused(shop.site().run("bad_deployment", *YES))
    assert shop.status("api")["current"] == "2"


def test_the_services_own_word_about_its_migrations(shop: Any) -> None:
    says = "import sys; sys.exit(f'{sys.argv[1]} dropped a column that {sys.argv[2]} reads')"
    shop.add("api", commands={"rollback_check": [sys.executable, "-c", says]})
    shop.deploy("api", "2", "crash")
    assert "2 dropped a column that 1 reads" in refused(shop.site().run("bad_deployment", *YES))


def test_somebody_deploys_in_the_meantime(shop: Any) -> None:
    """Between the diagnosis and the lock: the command about migrations is asked in between, and deploys."""
    shop.add("api")
    shop.deploy("api", "2", "crash")
    shop.lab.release(shop.folder, "api", "3", "sick")
    switch = json.dumps(shop.manager("switch", "api", "3"))
    once = f"import pathlib, subprocess; p = pathlib.Path('{shop.folder}/once'); "
    once += f"p.exists() or (p.touch(), subprocess.run({switch}))"
    shop.services["api"]["commands"] = {"rollback_check": [sys.executable, "-c", once]}
    done = shop.site().run("bad_deployment", *YES)
    assert "state_changed_since_diagnosis" in refused(done)
    assert shop.status("api")["current"] == "3"


def test_the_release_was_not_the_cause(shop: Any) -> None:
    shop.add("api")
    shop.lab.release(shop.folder, "api", "2", "sick")
    shop.deploy("api", "3", "crash")
    site = shop.site()
    assert (
        site.run(
            "bad_deployment",
            "-e",
            "timeout_seconds=4",
            "-e",
            "hold_seconds=1",
            "-e",
            "approve=roll_back",
        ).outcome
        == "unrecovered"
    )
    assert shop.status("api")["current"] == "2"
    assert "the release is not the cause" in refused(site.run("bad_deployment", *YES))
    named = site.run("bad_deployment", *YES, "-e", "release=1")
    assert named.outcome == "recovered", named.stdout + named.stderr
