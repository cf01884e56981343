# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two control nodes that share nothing but the service: one acts, and what it did is there for the other."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import (
    Machine,
    connection,
)
from ansible_collections.oncall.runbooks.tests.lab import lab

harness = sys.modules["oncall_harness"]
FAST = ("-e", "service=it", "-e", "hold_seconds=3", "-e", "timeout_seconds=60")
HELD = re.compile(
    r"held by (\S+) on (\S+) \(pid \d+\), incident (INC-[\w-]+), run [\w-]+, until \d{4}-"
)
REPLICAS = {"replicas": {"min": 1, "max": 4}}


@dataclass(frozen=True)
class Shared:
    """A service that can be scaled, as both control nodes see it."""

    one: Any
    number: Callable[[], int]

    @property
    def other(self) -> Any:
        return replace(self.one, state=self.one.state.with_name("other-state"))

    def scale(self, site: Any, replicas: int, *more: str) -> Any:
        return site.run("scale_emergency", *FAST, "-e", f"replicas={replicas}", *more)


def compose(request: pytest.FixtureRequest) -> Iterator[Shared]:
    make = request.getfixturevalue("compose")
    command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
    project = make({"worker": {"image": "shop:v1", "command": command, "init": True}})
    section = {"project_dir": str(project.folder), "service": "worker"}
    entry = {"kind": "worker", "platform": "compose", "compose": section, **REPLICAS}
    site = harness.make_site(project.folder.parent, {"it": entry})
    yield Shared(site, lambda: len(project.compose("ps", "--quiet", "worker").split()))


def kubernetes(request: pytest.FixtureRequest) -> Iterator[Shared]:
    folder: Path = request.getfixturevalue("tmp_path")
    with lab.namespace() as space:
        bench = Bench(space, folder)
        name = bench.deploy()
        entry = {
            "kind": "worker",
            "platform": "kubernetes",
            "kubernetes": bench.section(name),
            **REPLICAS,
        }
        site = harness.make_site(folder, {"it": entry})
        yield Shared(site, lambda: int(space.json("deployment", name)["spec"]["replicas"]))


@pytest.fixture(params=[compose, kubernetes], ids=lambda make: str(make.__name__))
def shared(request: pytest.FixtureRequest) -> Iterator[Shared]:
    yield from request.param(request)


def said(done: Any) -> str:
    return " ".join((done.stdout + done.stderr).split())


def test_one_acts_the_other_is_told_finds_it_and_undoes_it(shared: Shared) -> None:
    both = [
        site.start("scale_emergency", *FAST, "-e", "replicas=2")
        for site in (shared.one, shared.other)
    ]
    spoken = [" ".join("".join(process.communicate(timeout=400)).split()) for process in both]
    acted = [text for text in spoken if "Outcome DONE" in text]
    assert len(acted) == 1 and shared.number() == 2, spoken
    (late,) = (text for text in spoken if text not in acted)
    incident = re.findall(r"incident (INC-\S+)", acted[0])[0]
    told = HELD.search(late)
    # Too late even for the lock, it would have found nothing to do.
    assert (told and told[3] == incident) or "Outcome ATTENTION" in late, late
    winner, loser = shared.one, shared.other
    if spoken[0] != acted[0]:
        winner, loser = loser, winner

    # What it changed for a time is told of by every other run, on whichever control node.
    again = shared.scale(loser, 2)
    (mitigation,) = (f for f in again.report["findings"] if f["check"] == "history")
    assert mitigation["reason"] == "own_mitigation_active" and again.report["changes"] == []
    assert incident in mitigation["summary"] and "@" in mitigation["summary"]

    # It shows what there is, and undoes it when it is named.
    shown = loser.run("revert", "-e", "service=it")
    assert shown.rc != 0 and f"-e incident={incident} -e change=1 (scale it to 1 again)" in said(
        shown
    )
    named = ("-e", "service=it", "-e", f"incident={incident}", "-e", "change=1")
    checked = loser.run("revert", *named, "--check")
    assert (checked.outcome, shared.number()) == ("planned", 2), said(checked)
    undone = loser.run("revert", *named)
    assert (undone.rc, undone.outcome, shared.number()) == (0, "done", 1), said(undone)
    assert loser.run("revert", *named).outcome == "healthy"

    # And the one that made the change learns it.
    left = winner.run("revert", *named)
    assert (left.rc, left.outcome) == (0, "healthy"), said(left)
    lines = (winner.state / "incidents" / incident / "journal.jsonl").read_text().splitlines()
    (line,) = (json.loads(text) for text in lines if '"change_reverted"' in text)
    assert line["data"]["number"] == 1 and "@" in line["data"]["by"]


HALF = r"""
mkdir -p /opt/half/releases/1 /opt/half/releases/2 && cd /opt/half
printf '#!/bin/sh\nexec sleep infinity\n' >releases/1/run
printf '#!/bin/sh\nexit 3\n' >releases/2/run
chmod +x releases/*/run && ln -sfn releases/1 current && systemctl start half
"""


def test_a_rollback_that_failed_on_its_way_can_be_undone(machine: Machine) -> None:
    machine.unit("half", "ExecStart=/opt/half/current/run")
    machine.sh(HALF)
    section = {"unit": "half", "releases_dir": "/opt/half/releases", "current": "/opt/half/current"}
    entry = {
        "kind": "http",
        "platform": "systemd",
        "systemd": section,
        # The release in use runs, and is not well; the one that is gone back to does not even run.
        "health": {"command": ["test", "-e", "/opt/half/current/well"]},
        "releases": {"history": ["2", "1"]},
    }
    site = harness.make_site(machine.folder, {"it": entry}, connection(machine.name))
    given = ("-e", "service=it", "-e", "approve=roll_back", "-e", "timeout_seconds=15")
    failed = site.run("bad_deployment", *given, timeout=500)
    assert failed.rc != 0 and failed.outcome == "unrecovered", said(failed)
    assert machine.sh("readlink /opt/half/current").endswith("2")
    (change,) = failed.report["changes"]
    assert change["status"] == "failed" and change["undo"]["how"]["parameters"]["release"].endswith(
        "/1"
    )
    command = f"incident={failed.report['incident']}"
    assert f"to undo it: ansible-playbook playbooks/revert.yml -e service=it -e {command}" in said(
        failed
    )

    # From another control node, too.
    other = replace(site, state=site.state.with_name("other-state"))
    back = other.run("revert", *given, "-e", command, timeout=500)
    assert (back.rc, back.outcome) == (0, "done"), said(back)
    assert machine.sh("readlink /opt/half/current").endswith("1")
    assert machine.show("half", "ActiveState") == "active"
    assert site.run("revert", *given, "-e", command).outcome == "healthy"


def test_where_the_lock_may_not_be_written_nothing_is_done(machine: Machine) -> None:
    machine.unit("away", "ExecStart=/bin/sleep infinity")
    machine.sh("systemctl start away && systemctl kill -s KILL away && chmod 755 /run/lock")
    entry = {"kind": "http", "platform": "systemd", "systemd": {"unit": "away"}}
    site = harness.make_site(machine.folder, {"it": entry}, connection(machine.name, "nobody"))
    try:
        for options in (["--check"], []):
            done = site.run("api_unavailable", "-e", "service=it", *options)
            assert done.rc != 0 and done.report["changes"] == [], said(done)
            assert "nobody may not write /run/lock: use become" in said(done), said(done)
    finally:
        machine.sh("chmod 1777 /run/lock")
