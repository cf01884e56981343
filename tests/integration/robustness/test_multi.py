# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several services in one run: each is handled for itself, and the worst of them decides."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

pytestmark = pytest.mark.slow
VARIABLES = dict(rig.QUICK)


@pytest.fixture
def both(lanes: list[rig.Lane]) -> Iterator[list[rig.Lane]]:
    for lane in lanes:
        lane.crowd.leave()
    yield lanes
    for lane in lanes:
        lane.crowd.leave()


def make(folder: Path, services: dict[str, Any], allowed: int) -> Any:
    return rig.harness.make_site(
        folder, services, {"runbooks_max_targets": allowed}, {"kind_postgresql": list(services)}
    )


def run(site: Any, names: list[str], *arguments: str) -> Any:
    return site.run(rig.PLAYBOOK, *rig.extra({"service": names, **VARIABLES}), *arguments)


def named(both: list[rig.Lane]) -> dict[str, Any]:
    return {f"db-{number}": rig.of_server(lane.server) for number, lane in enumerate(both, start=1)}


def test_two_sick_services(both: list[rig.Lane], tmp_path: Path) -> None:
    for lane in both:
        lane.exhaust()
    site = make(tmp_path, named(both), 2)
    done = run(site, ["db-1", "db-2"])
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert done.report["outcomes"] == {"db-1": "recovered", "db-2": "recovered"}
    assert [lane.sessions() for lane in both] == [rig.LEFT, rig.LEFT]
    assert len(done.report["changes"]) == 2
    assert {change["number"] for change in done.report["changes"]} == {1, 2}
    assert rig.held_locks(site.state) == []
    (lines,) = rig.journals(site.state).values()
    assert rig.sealed(lines)
    assert "db-1" in done.stdout and "db-2" in done.stdout


def test_one_of_three_does_not_answer(both: list[rig.Lane], tmp_path: Path) -> None:
    """The others are helped all the same; the exit status and the record tell of the third."""
    both[0].exhaust()
    with rig.trap() as trap:
        gone = trap.port
    password = both[0].server.password_file("oncall")
    services = {"db-0": rig.entry(gone, password), **named(both)}
    site = make(tmp_path, services, 3)
    done = run(site, list(services))
    assert (done.outcome, done.rc != 0) == ("error", True)
    assert done.report["outcomes"] == {"db-0": "error", "db-1": "recovered", "db-2": "healthy"}
    assert both[0].sessions() == rig.LEFT
    refused = [found for found in done.report["findings"] if found["service"] == "db-0"]
    assert "refused" in {found["reason"] for found in refused}
    assert "db-0" in done.report["next_step"]
    assert rig.held_locks(site.state) == []


def test_one_of_two_is_locked(both: list[rig.Lane], tmp_path: Path) -> None:
    for lane in both:
        lane.exhaust()
    site = make(tmp_path, named(both), 2)
    wait = {"do": "stop", "when": "start", "name": "Write the intent"}
    holder = site.start(
        rig.PLAYBOOK, *rig.extra({"service": "db-1", **VARIABLES}), environment=rig.accident(wait)
    )
    try:
        rig.wait_for(lambda: rig.held_locks(site.state))
        done = run(site, ["db-1", "db-2"])
    finally:
        rig.tell(holder.pid, signal.SIGKILL)
        rig.finish(holder)
    assert (done.outcome, done.rc != 0) == ("locked", True)
    assert done.report["outcomes"] == {"db-1": "locked", "db-2": "recovered"}
    assert [lane.sessions() for lane in both] == [rig.LEAKED, rig.LEFT]


@pytest.mark.parametrize(
    ("names", "arguments"),
    [
        pytest.param(["db-1", "db-2"], [], id="named"),
        pytest.param(["databases"], [], id="a group"),
        pytest.param(["db-1", "db-2"], ["--limit", "all"], id="limited to all"),
        pytest.param(["db-1", "db-2"], ["--check"], id="checked"),
    ],
)
def test_more_than_allowed(
    both: list[rig.Lane], tmp_path: Path, names: list[str], arguments: list[str]
) -> None:
    """CN09. And nothing is done for the first of them either."""
    both[0].exhaust()
    services = named(both)
    groups = {"kind_postgresql": list(services), "databases": list(services)}
    site = rig.harness.make_site(tmp_path, services, {}, groups)
    done = run(site, names, *arguments)
    assert done.rc != 0 and not done.report
    assert "runbooks_max_targets" in done.stderr and "db-1, db-2" in done.stderr
    assert both[0].sessions() == rig.LEAKED
    assert rig.untouched(site.state)


def test_one_server_under_two_names(both: list[rig.Lane], tmp_path: Path) -> None:
    """It has one lock, and is not helped twice."""
    both[0].exhaust()
    entry = rig.of_server(both[0].server)
    site = make(tmp_path, {"orders": entry, "shop": entry}, 2)
    done = run(site, ["orders", "shop"])
    # One more has to go where the other host's own connection was counted, too.
    assert both[0].sessions() in (rig.LEFT, rig.LEFT - 1), done.stdout + done.stderr
    assert "recovered" in done.report["outcomes"].values()
    assert (done.rc == 0) == (done.outcome == "recovered")
    assert rig.held_locks(site.state) == []
