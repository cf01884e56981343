# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each scenario on each platform, with a product's own inventory: healthy, checked, real, again.

What judges is the platform itself, by a snapshot of all that the product is made of. Of
db_connection_exhausted the same is below platforms/, with sessions of all kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import CALM
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places import (
    compose,
    kubernetes,
    systemd,
)
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import (
    Place,
    Product,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
# A Python with nothing in it takes more.
STARVING_MIB = 12
Given = dict[str, Any]
SOME: Given = {**CALM}
API: Given = {"service": "api"}
PLACES = {"compose": compose.opened, "systemd": systemd.opened, "kubernetes": kubernetes.opened}


@pytest.fixture(scope="module", params=PLACES)
def stack(request: pytest.FixtureRequest) -> Iterator[Place]:
    with PLACES[request.param]() as place:
        yield place


@dataclass(frozen=True)
class Case:
    """A scenario with the variables that each of its passes is given."""

    place: Place
    site: Product

    def run(self, playbook: str, *options: str, **given: Any) -> Any:
        return self.place.run(self.site, playbook, *options, **given)

    def unchanged(self, playbook: str, *options: str, but: str = "", **given: Any) -> Any:
        """`but` names a service that starts again and again by itself."""
        before = self.place.snapshot()
        done = self.run(playbook, *options, **given)
        assert differences(before, self.place.snapshot(), but) == {}, done.stdout
        assert done.report["changes"] == []
        return done

    def healthy(self, playbook: str, **given: Any) -> Any:
        done = self.unchanged(playbook, **given)
        assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
        return done

    def check(self, playbook: str, outcome: str = "planned", **given: Any) -> Any:
        done = self.unchanged(playbook, "--check", **given)
        assert done.outcome == outcome, done.stdout + done.stderr
        return done

    def real(self, playbook: str, outcome: str, **given: Any) -> Any:
        done = self.run(playbook, **given)
        assert (done.outcome, done.rc) == (outcome, 0), done.stdout + done.stderr
        return done


@pytest.fixture
def case(stack: Place, tmp_path: Path) -> Case:
    try:
        stack.until_well()
    except lab.LabError:
        # A test that failed left it so.
        stack.put_right()
        stack.until_well()
    return Case(stack, stack.site(tmp_path))


def differences(before: Mapping[str, Any], after: Mapping[str, Any], but: str) -> Given:
    found: dict[Any, Any] = {
        (part, name): (old, new)
        for part in before.keys() | after.keys()
        for name, old, new in parts(before.get(part), after.get(part))
        if old != new
    }
    return {key: value for key, value in found.items() if key != ("lives", but)}


def parts(before: Any, after: Any) -> Iterator[tuple[Any, Any, Any]]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        yield "", before, after
        return
    for name in before.keys() | after.keys():
        yield name, before.get(name), after.get(name)


def made(done: Any) -> list[tuple[str, str]]:
    return [(change["service"], change["action"]) for change in done.report["changes"]]


def reasons(done: Any, service: str) -> set[str]:
    found = (one for one in done.report["findings"] if one["severity"] != "ok")
    return {one["reason"] for one in found if one["service"] == service}


def test_a_sick_api_is_restarted(case: Case) -> None:
    """DC03, SD06: it runs, and is not well."""
    place, asked = case.place, API
    case.healthy("api_unavailable", **asked)
    database, before = place.born(place.database), place.born("api")
    place.break_it("api", "health")
    wait_for("it is sick", lambda: place.answer("health") != 200, 30)
    checked = case.check("api_unavailable", **asked)
    assert reasons(checked, "api") & place.sick and place.born("api") == before
    done = case.real("api_unavailable", "recovered", **asked)
    assert made(done) == [("api", "restart_service")]
    assert reasons(done, "api") & place.sick
    assert any(item["what"] == "logs" for item in done.report["evidence"])
    assert not set(place.born("api")) & set(before)
    assert place.answer("health") == 200 and place.born(place.database) == database
    case.place.until_well()
    case.healthy("api_unavailable", **asked)


def test_a_bad_release_is_gone_back_from_once(case: Case) -> None:
    """DC01, SD07, K801: to the release before, pinned, and nothing else is made anew."""
    place = case.place
    asked: Given = {**API, "approve": "roll_back"}
    place.deploy(2)
    place.until_well()
    case.healthy("bad_deployment", **asked)
    good, database = place.release(), place.born(place.database)
    place.deploy(3)
    assert place.release() != good
    checked = case.check("bad_deployment", but="api", **asked)
    assert reasons(checked, "api") & place.crashing
    unasked = case.unchanged("bad_deployment", but="api", service="api")
    assert unasked.outcome == "needs_approval" and unasked.rc != 0
    with place.within_budget():
        done = case.real("bad_deployment", "recovered", **asked)
    assert made(done) == [("api", "roll_back")]
    assert place.release() == good and place.born(place.database) == database
    place.until_well()
    case.healthy("bad_deployment", **asked)
    # Whoever deploys is told.
    place.deploy(2)


@pytest.mark.parametrize("stack", ["compose", "systemd"], indirect=True)
def test_a_database_that_is_down_is_started_and_its_api_left_alone(case: Case) -> None:
    """DC04, SD10."""
    place = case.place
    asked: Given = {**API, "grace_seconds": 60}
    case.healthy("service_outage", **asked)
    api = place.born("api")
    place.stop(place.database)
    left = case.unchanged("api_unavailable", **API)
    assert (left.outcome, left.rc != 0) == ("refused", True)
    assert "dependency_down" in reasons(left, "api")
    case.check("service_outage", **asked)
    done = case.real("service_outage", "recovered", **asked)
    assert made(done) == [(place.database, "start_service")]
    assert reasons(done, place.database) == {"stopped"}
    assert place.born("api") == api and place.answer("health") == 200
    place.until_well()
    case.healthy("service_outage", **asked)


@pytest.mark.parametrize("stack", ["compose", "systemd"], indirect=True)
def test_a_gateway_whose_api_is_down_is_left_alone(case: Case) -> None:
    """HT01: it answers 502, and is not the fault."""
    place = case.place
    gateway = place.born("gateway")
    place.stop("api")
    assert place.answer("health") in (502, 504)
    done = case.real("service_outage", "recovered", service="gateway", grace_seconds=0)
    assert made(done) == [("api", "start_service")]
    assert place.born("gateway") == gateway
    place.until_well()


@pytest.mark.parametrize("stack", ["kubernetes"], indirect=True)
def test_pods_that_somebody_took_away_stay_away(case: Case) -> None:
    """A database without pods was scaled to none: nobody guesses how many there were. Pods that are
    sick are made anew, and a controller brings those back that died."""
    place = case.place
    api = place.born("api")
    place.stop(place.database)
    quick: Given = {"grace_seconds": 0}
    for playbook, more in (("api_unavailable", {}), ("service_outage", quick)):
        left = case.unchanged(playbook, **API, **more)
        assert (left.outcome, left.rc != 0) == ("refused", True)
        assert "dependency_down" in reasons(left, "api")
    assert "stopped_by_operator" in reasons(left, place.database)
    assert place.born("api") == api
    place.start(place.database)
    place.until_well()

    web: Given = {"service": "web", "grace_seconds": 0}
    case.healthy("service_outage", **web)
    before = place.born("web")
    place.break_it("web", "health")
    wait_for("it is sick", lambda: not place.all_serve(), 30)
    checked = case.check("service_outage", **web)
    assert "unhealthy" in reasons(checked, "web") and place.born("web") == before
    done = case.real("service_outage", "recovered", **web)
    assert made(done) == [("web", "restart_service")] and place.born("web") != before
    place.until_well()
    case.healthy("service_outage", **web)


@dataclass(frozen=True)
class ForATime:
    """A change that has an expiry, and its way back."""

    playbook: str
    service: str
    given: Mapping[str, Any]
    action: str
    back: str
    approved: bool = False  # whether its way back asks for it


def for_a_time(place: Place, name: str) -> ForATime:
    if name == "scale_emergency":
        more = {"replicas": len(place.born(place.scaled)) + 1}
        return ForATime(name, place.scaled, more, "scale_service", "scale_service")
    if name == "maintenance_mode":
        enter = {"mode": "enter", "approve": "enter_maintenance"}
        return ForATime(name, "api", enter, "enter_maintenance", "leave_maintenance")
    pause = {"mode": "pause"}
    return ForATime(name, "worker", pause, "pause_processing", "resume_processing", True)


def in_effect(place: Place, change: ForATime, there: int) -> bool:
    """As a customer sees it, or the platform."""
    if change.playbook == "scale_emergency":
        return len(place.born(place.scaled)) == there + 1
    if change.playbook == "maintenance_mode":
        return place.answer("orders") == 503 and place.answer("health") == 200
    status, order = lab.post(f"{place.url}/orders")
    assert status == 201
    return bool(lab.get(f"{place.url}/orders/{order['order']}")[1]["state"] == "new")


@pytest.mark.parametrize("name", ["scale_emergency", "maintenance_mode", "pause_processing"])
def test_for_a_time_and_back(case: Case, name: str) -> None:
    place = case.place
    change = for_a_time(place, name)
    asked: Given = {"service": change.service, **change.given}
    there = place.born(place.scaled)
    before, all_before = place.lasting(), place.snapshot()
    case.check(name, **asked)
    done = case.real(name, "done", **asked)
    assert made(done) == [(change.service, change.action)]
    assert in_effect(place, change, len(there))
    assert set(there) <= set(place.born(place.scaled))
    (told,) = done.report["changes"]
    assert told["expires_at"] > done.report["started_at"]
    again = case.unchanged(name, **asked)
    assert again.rc == 0 and "own_mitigation_active" in reasons(again, change.service)
    back: Given = {"service": change.service, "incident": done.report["incident"]}
    if change.approved:
        assert case.unchanged("revert", **back).outcome == "needs_approval"
        back["approve"] = change.back
    case.check("revert", **back)
    undone = case.real("revert", "done", **back)
    assert change.back in [action for _service, action in made(undone)]
    place.until_well()
    assert differences(before, place.lasting(), "") == {}
    if name != "scale_emergency":
        assert differences(all_before, place.snapshot(), "") == {}
    case.healthy("revert", **back)


def test_what_only_reads_changes_nothing(case: Case) -> None:
    """A path that is broken while all is healthy; then two services that are gone."""
    place = case.place
    well = case.unchanged("triage", **SOME)
    wrong = {one["service"] for one in well.report["findings"] if one["severity"] == "crit"}
    assert wrong <= set(place.beyond), well.stdout
    case.healthy("smoke_test", service="api")
    place.break_it("api", "errors")
    broken = case.unchanged("smoke_test", service="api")
    assert reasons(broken, "api") == {"command_failed"} and broken.rc != 0
    watched = case.unchanged("watch", service="api", minutes=1, every_seconds=20)
    assert reasons(watched, "api") == {"errors"} and watched.rc != 0
    place.mend("api")
    place.stop(place.database)
    place.stop("web")
    two_are_gone(case)
    place.start(place.database)
    place.start("web")


def two_are_gone(case: Case) -> None:
    database = case.place.database
    asked = [case.unchanged("triage", *options, **SOME) for options in ((), ("--check",))]
    for done in asked:
        causes = [cause["service"] for cause in done.report["causes"]]
        assert causes[0] == database and "web" in causes, done.stdout
        assert done.rc != 0
    kept = case.unchanged("capture_state", service="api")
    assert kept.outcome in ("done", "attention"), kept.stdout + kept.stderr
    whats = {item["what"] for item in kept.report["evidence"]}
    assert {"workload", "log", "settings"} <= whats


@pytest.mark.parametrize("stack", ["compose", "kubernetes"], indirect=True)
def test_more_memory_for_an_api_that_is_killed_for_want_of_it(case: Case) -> None:
    """A real kill, at each start; only approved, and only as much as its host has."""
    place = case.place
    asked: Given = {**API, "memory_mib": 160}
    place.limit_memory(STARVING_MIB)
    database = place.born(place.database)
    approved: Given = {**asked, "approve": "raise_memory_limit"}
    unasked = case.unchanged("api_unavailable", "--check", but="api", **asked)
    assert "oom_killed" in reasons(unasked, "api"), unasked.stdout
    assert unasked.planned("raise_memory_limit")["status"] in ("not_needed", "needs_approval")
    case.check("api_unavailable", but="api", **approved)
    done = case.real("api_unavailable", "recovered", **approved)
    assert made(done) == [("api", "raise_memory_limit")]
    assert place.memory_limit() == 160 and place.born(place.database) == database
    place.until_well()
    case.healthy("api_unavailable", **approved)
    # Back to the limit that was deployed is back to the fault: whoever deploys is told.
    place.limit_memory(256)
