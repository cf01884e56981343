# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CN01, CN02. A run is cut off anywhere; the next one ends as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

pytestmark = pytest.mark.slow

# Tasks of a run that ends sessions and sees them gone.
TASKS = 20
# Where a moment decides between "announced", "done" and "said so".
DECISIVE = (
    "Judge the input and open the incident",
    "Take the lock",
    "Write the intent",
    "End the sessions, each looked at again when it is ended",
    "Write the outcome",
    "Read until the symptom is gone and stays gone",
    "Give the lock back",
    "Write the report",
)
MOMENTS_S = (0.02, 0.08)


@dataclass(frozen=True)
class Cut:
    """Where the first run is cut off, and whether the second goes on with its incident."""

    do: str
    when: str
    at: int | str
    after_s: float = 0.0
    same_incident: bool = False

    def __str__(self) -> str:
        return f"{self.do} {self.when} {self.at} {self.after_s or ''}".strip()

    def plan(self) -> dict[str, Any]:
        which = "number" if isinstance(self.at, int) else "name"
        return {"do": self.do, "when": self.when, which: self.at, "after_s": self.after_s}


def cuts() -> list[Cut]:
    found = [Cut("kill", "start", number, 0.0, number % 4 == 0) for number in range(2, TASKS + 1)]
    for name in DECISIVE:
        found.append(Cut("kill", "start", name))
        found += [
            Cut(do, "during", name, s)
            for do, s in zip(("kill", "kill all"), MOMENTS_S, strict=True)
        ]
        found += [
            Cut(do, "during", name, s, True)
            for do, s in zip(("kill all", "kill"), MOMENTS_S, strict=True)
        ]
    return found


CUTS = cuts()


@dataclass(frozen=True)
class Left:
    """What the two runs left."""

    first_rc: int
    second: Any
    before: dict[str, bytes]
    after: dict[str, bytes]
    lines: dict[str, list[dict[str, Any]]]
    locks: list[Path]
    sessions: int


def raw_journals(state: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in state.glob("incidents/*/journal.jsonl")}


def cut_off_and_run_again(lane: rig.Lane, cut: Cut) -> Left:
    site = lane.site(f"cut-{CUTS.index(cut)}")
    lane.exhaust()
    variables = rig.extra({"service": "db", **rig.QUICK})
    first, _out, _err = rig.finish(
        site.start(rig.PLAYBOOK, *variables, environment=rig.accident(cut.plan()))
    )
    before = raw_journals(site.state)
    same = ["-e", f"incident={next(iter(before))}"] if cut.same_incident and before else []
    second = site.run(rig.PLAYBOOK, *variables, *same)
    return Left(
        first, second, before, raw_journals(site.state), rig.journals(site.state),
        rig.held_locks(site.state), lane.sessions(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def left(request: pytest.FixtureRequest, lanes: list[rig.Lane]) -> Callable[[Cut], Left]:
    return rig.ahead(request, "cut", cut_off_and_run_again, lanes)


@pytest.mark.parametrize("cut", rig.sample(CUTS, 3), ids=str)
def test_the_next_run_ends_as_if_nothing_had_happened(
    cut: Cut, left: Callable[[Cut], Left]
) -> None:
    found = left(cut)
    second = found.second
    # A moment after its last task has begun, a run may be through.
    assert found.first_rc == -signal.SIGKILL or (cut.when == "during" and found.first_rc == 0)
    assert second.rc == 0, second.stdout + second.stderr
    assert second.outcome in ("recovered", "healthy")
    # Neither fewer nor more than an uninterrupted run would have ended.
    assert found.sessions == rig.LEFT
    assert found.locks == []
    for incident, lines in found.lines.items():
        assert rig.sealed(lines), incident
        assert rig.open_intents(lines) == set(), incident
    for incident, text in found.before.items():
        assert found.after[incident].startswith(text), f"{incident} was rewritten"


def test_every_task_can_be_cut_off(lane: rig.Lane, site: Any, tmp_path: Path) -> None:
    """TASKS is what it says, and a run that is watched ends as any other."""
    lane.exhaust()
    log = tmp_path / "tasks"
    variables = rig.extra({"service": "db", **rig.QUICK})
    done = site.run(rig.PLAYBOOK, *variables, environment=rig.accident(log=log))
    assert (done.rc, done.outcome, lane.sessions()) == (0, "recovered", rig.LEFT)
    names = log.read_text().splitlines()
    assert len(names) == TASKS and set(DECISIVE) <= set(names)


# ---------------------------------------------------------------- signals while it waits


def interrupted(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Ansible's handler raises KeyboardInterrupt wherever it is; where that cannot be raised (in a
    callback of the interpreter's fork) it is lost. AWX, and a person, ask again."""
    for _again in range(3):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return rig.finish(process, timeout=8)
    return rig.finish(process, timeout=8)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name
)
def test_a_signal_while_it_waits(lane: rig.Lane, site: Any, number: signal.Signals) -> None:
    """AWX cancels, an ssh session drops, somebody presses Ctrl-C."""
    lane.exhaust()
    variables = {"service": "db", **rig.QUICK, "hold_seconds": 120, "timeout_seconds": 300}
    process = site.start(rig.PLAYBOOK, *rig.extra(variables))
    rig.wait_for(rig.said(site.state, "findings", stage="verification"))
    started = rig.descendants(process.pid)
    rc, stdout, stderr = interrupted(process, number)
    assert rc != 0
    assert "Traceback" not in stdout + stderr
    rig.wait_for(lambda: not [pid for pid in started if Path(f"/proc/{pid}").exists()], timeout=5)

    before = raw_journals(site.state)
    again = time.monotonic()
    second = site.run(rig.PLAYBOOK, *rig.extra({"service": "db", **rig.QUICK}))
    assert (second.rc, second.outcome) == (0, "healthy")
    assert time.monotonic() - again < 60, "it waited for the lease to run out"
    assert lane.sessions() == rig.LEFT
    assert rig.held_locks(site.state) == []
    assert all(rig.sealed(lines) for lines in rig.journals(site.state).values())
    after = raw_journals(site.state)
    assert all(after[incident].startswith(text) for incident, text in before.items())
