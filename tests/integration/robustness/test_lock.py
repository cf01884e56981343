# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CN04. Two people start the same runbook; one run was stopped for longer than its lease."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

pytestmark = pytest.mark.slow

PAIRS, BATCHES = 50, 10
VARIABLES = {"service": "db", **rig.QUICK, "hold_seconds": 2}
# What a late-comer is told: who holds it, where, since which run, and until when.
HELD = re.compile(
    r"locked: .*by (?P<user>\S+) on (?P<host>\S+) \(pid (?P<pid>\d+)\)?,? \(?incident (?P<incident>INC-[\w-]+), "
    r"run (?P<run>[\w-]+)\)?,? until (?P<until>\d{4}-\d\d-\d\d)"
)  # fmt: skip
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

Journals = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Ended:
    rc: int
    said: str
    outcome: str
    incident: str


def ended(process: Any, state: Path) -> Ended:
    rc, stdout, stderr = rig.finish(process)
    incident = re.findall(r"^incident (\S+)", stdout, re.MULTILINE)[0]
    report = json.loads((state / "incidents" / incident / "report.json").read_text())
    return Ended(rc, stdout + stderr, report["outcome"], incident)


# ---------------------------------------------------------------- two starts at once


@dataclass(frozen=True)
class Batch:
    """Some pairs, one after the other, in one state folder: their fencing numbers tell the order."""

    number: int
    pairs: list[list[Ended]]
    sessions: list[int]
    state: Path


def start_pairs(lane: rig.Lane, batch: int) -> Batch:
    site = lane.site(f"batch-{batch}")
    found = Batch(batch, [], [], site.state)
    for number in range(PAIRS // BATCHES):
        lane.exhaust()
        processes = []
        # At once, or a little late: the moments between which the lock is taken and given back.
        for delay_s in (0, number * 0.2):
            time.sleep(delay_s)
            processes.append(site.start(rig.PLAYBOOK, *rig.extra(VARIABLES)))
        found.pairs.append([ended(process, site.state) for process in processes])
        found.sessions.append(lane.sessions())
    return found


@pytest.fixture(scope="module")
def batches(request: pytest.FixtureRequest, lanes: list[rig.Lane]) -> Callable[[int], Batch]:
    return rig.ahead(request, "batch", start_pairs, lanes)


@pytest.mark.parametrize("batch", rig.sample(range(BATCHES), 5))
def test_one_of_two_acts_and_the_other_is_told(batch: int, batches: Callable[[int], Batch]) -> None:
    found = batches(batch)
    for pair in found.pairs:
        one_acts(pair)
    # One more has to go where the other run's own connection was counted, too.
    assert set(found.sessions) <= {rig.LEFT, rig.LEFT - 1}
    # Otherwise the pairs would prove little.
    assert "locked" in {run.outcome for pair in found.pairs for run in pair}

    journals = rig.journals(found.state)
    assert all(rig.sealed(lines) for lines in journals.values())
    assert rig.held_locks(found.state) == []
    owned = intervals(journals)
    assert [fence for _taken, _given, fence in owned] == list(range(1, len(found.pairs) + 1))
    overlaps = [later for earlier, later in pairwise(owned) if earlier[1] >= later[0]]
    assert not overlaps, "two owners"
    assert not without_lock(journals)


def one_acts(pair: list[Ended]) -> None:
    """The other is locked out; or, when it came after the release, finds nothing to do."""
    actor, other = sorted(pair, key=lambda run: run.outcome != "recovered")
    assert (actor.outcome, actor.rc) == ("recovered", 0), actor.said
    assert other.outcome in ("locked", "healthy"), other.said
    assert (other.rc == 0) == (other.outcome == "healthy")
    if other.outcome == "locked":
        told = HELD.search(other.said)
        assert told and told["incident"] == actor.incident, other.said


def intervals(journals: Journals) -> list[tuple[str, str, int]]:
    """From when until when each owner had the lock, with its fencing number."""
    found = []
    for lines in journals.values():
        taken, given = rig.of_type(lines, "lock_acquired"), rig.of_type(lines, "lock_released")
        for one, other in zip(taken, given, strict=True):
            assert one["data"]["fence"] == other["data"]["fence"]
            assert INSTANT.fullmatch(one["at"]) and INSTANT.fullmatch(other["at"])
            found.append((one["at"], other["at"], one["data"]["fence"]))
    return sorted(found)


def without_lock(journals: Journals) -> list[dict[str, Any]]:
    """Changes of a run that did not hold the lock."""
    found = []
    for lines in journals.values():
        held = False
        for line in lines:
            held = {"lock_acquired": True, "lock_released": False}.get(line["type"], held)
            if line["type"].startswith("change_") and not held:
                found.append(line)
    return found


# ---------------------------------------------------------------- a lease that ran out


def run_out(state: Path) -> None:
    """As if the lease's sixty seconds were over."""
    (lock,) = rig.held_locks(state)
    content = json.loads(lock.read_text())
    content["until"] = "2026-01-01T00:00:00.000000Z"
    content["until_boot_clock"] = 1.0
    lock.write_text(json.dumps(content))


def of_second(state: Path, first: str) -> list[dict[str, Any]]:
    (lines,) = [lines for name, lines in rig.journals(state).items() if name != first]
    return lines


@pytest.mark.parametrize(
    ("task", "announced"),
    [
        pytest.param("Write the intent", 0, id="before the intent"),
        pytest.param(
            "End the sessions, each looked at again when it is ended", 1, id="before the change"
        ),
    ],
)
def test_who_was_stopped_before_a_change_does_not_make_it(
    lane: rig.Lane, site: Any, task: str, announced: int
) -> None:
    lane.exhaust()
    arguments = rig.extra({**VARIABLES, "hold_seconds": 1})
    plan = rig.accident({"do": "stop", "when": "start", "name": task})
    first = site.start(rig.PLAYBOOK, *arguments, environment=plan)
    rig.wait_for(lambda: rig.stopped(first.pid))
    (incident,) = rig.journals(site.state)
    # Its lease still runs, and it is alive.
    refused = site.run(rig.PLAYBOOK, *arguments)
    assert (refused.outcome, refused.rc != 0) == ("locked", True)

    run_out(site.state)
    again = ["-e", f"incident={refused.report['incident']}"]
    second = site.run(rig.PLAYBOOK, *arguments, *again)
    assert (second.outcome, second.rc) == ("recovered", 0), second.stdout + second.stderr
    assert lane.sessions() == rig.LEFT
    taken = rig.of_type(of_second(site.state, incident), "lock_acquired")[-1]["data"]
    assert taken["fence"] == 2 and taken["took_over"]["incident"] == incident

    lane.crowd.leave()
    lane.exhaust()
    first.send_signal(signal.SIGCONT)
    rc, stdout, stderr = rig.finish(first)
    assert rc != 0
    assert "the lock of this service is no longer this run's" in stdout + stderr
    assert lane.sessions() == rig.LEAKED
    lines = rig.journals(site.state)[incident]
    assert len(rig.of_type(lines, "change_intended")) == announced
    assert not rig.of_type(lines, "change_made")
    assert rig.sealed(lines) and not rig.open_intents(lines)


@pytest.mark.soak
def test_who_was_stopped_while_it_waited_gives_up(lane: rig.Lane, site: Any) -> None:
    """And does not disturb the one who took over, who still waits himself."""
    lane.exhaust()
    first = site.start(
        rig.PLAYBOOK, *rig.extra({**VARIABLES, "hold_seconds": 60, "timeout_seconds": 120})
    )
    rig.wait_for(rig.said(site.state, "findings", stage="verification"))
    rig.tell(first.pid, signal.SIGSTOP)
    (incident,) = rig.journals(site.state)
    run_out(site.state)

    lane.exhaust()
    second = site.start(rig.PLAYBOOK, *rig.extra({**VARIABLES, "hold_seconds": 8}))
    rig.wait_for(lambda: len(rig.journals(site.state)) == 2)
    rig.wait_for(lambda: rig.of_type(of_second(site.state, incident), "change_made"))
    rig.tell(first.pid, signal.SIGCONT)
    loser, winner = ended(first, site.state), ended(second, site.state)
    assert loser.rc != 0 and loser.outcome in ("unrecovered", "error"), loser.said
    assert "no longer this run's" in loser.said
    assert (winner.outcome, winner.rc) == ("recovered", 0), winner.said
    assert lane.sessions() == rig.LEFT

    lines = rig.journals(site.state)
    fences = [
        rig.of_type(lines[name], "lock_acquired")[0]["data"]["fence"]
        for name in (incident, winner.incident)
    ]
    assert fences == [1, 2]
    # The lock was the winner's until the end: the loser gave nothing back.
    assert not rig.of_type(lines[incident], "lock_released")
    assert rig.of_type(lines[winner.incident], "lock_released")
    assert rig.held_locks(site.state) == []
