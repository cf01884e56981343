# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sequences of readings: when the symptom counts as gone, and when as not gone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import (
    LONGEST_PAUSE_S,
    Progress,
    Step,
    advance,
    respite,
)

STARTED = 1000.0


def found(*severities: str) -> list[dict[str, Any]]:
    return [{"severity": severity, "summary": f"it is {severity}"} for severity in severities]


OK, WARN, CRIT, UNKNOWN, NOTHING = (
    found("ok"),
    found("warn"),
    found("crit"),
    found("unknown"),
    found(),
)
Reading = tuple[float, list[dict[str, Any]]]


def steps(readings: list[Reading], hold_s: float = 5, timeout_s: float = 120) -> list[Step]:
    taken: list[Step] = []
    progress = Progress(started=STARTED)
    for at, findings in readings:
        taken.append(advance(progress, findings, STARTED + at, hold_s, timeout_s))
        progress = taken[-1].progress
    return taken


@pytest.mark.parametrize(
    ("readings", "hold_s", "statuses"),
    [
        # healthy for as long as it must be
        ([(0, OK)], 0, ["verified"]),
        ([(0, OK)], 5, ["waiting"]),
        ([(0, OK), (4.9, OK)], 5, ["waiting", "waiting"]),
        ([(0, OK), (5, OK)], 5, ["waiting", "verified"]),
        ([(0, found("ok", "ok", "ok"))], 0, ["verified"]),
        # no data is not healthy
        ([(0, NOTHING)], 0, ["waiting"]),
        ([(0, UNKNOWN)], 0, ["waiting"]),
        ([(0, WARN)], 0, ["waiting"]),
        ([(0, found("ok", "unknown"))], 0, ["waiting"]),
        ([(0, found("ok", "ok", "warn"))], 0, ["waiting"]),
        # a relapse starts the count again
        ([(0, OK), (3, CRIT), (4, OK), (8, OK)], 5, ["waiting"] * 4),
        ([(0, OK), (3, NOTHING), (4, OK), (9, OK)], 5, ["waiting"] * 3 + ["verified"]),
        # out of time
        ([(0, CRIT), (119.9, CRIT), (120, CRIT)], 5, ["waiting", "waiting", "failed"]),
        ([(0, CRIT), (120, UNKNOWN)], 5, ["waiting", "failed"]),
        ([(0, CRIT), (500, NOTHING)], 0, ["waiting", "failed"]),
        # at the last moment: it may still be held, or not
        ([(0, CRIT), (119, OK), (124, OK)], 5, ["waiting", "waiting", "verified"]),
        ([(0, CRIT), (119, OK), (123, CRIT)], 5, ["waiting", "waiting", "failed"]),
        ([(0, CRIT), (130, OK)], 0, ["waiting", "verified"]),
    ],
)
def test_statuses(readings: list[Reading], hold_s: float, statuses: list[str]) -> None:
    taken = steps(readings, hold_s)
    assert [step.status for step in taken] == statuses
    assert [step.done for step in taken] == [status != "waiting" for status in statuses]
    assert [step.progress.attempts for step in taken] == list(range(1, len(readings) + 1))


@pytest.mark.parametrize(
    ("readings", "first_healthy", "healthy_since", "held_s"),
    [
        ([(0, CRIT)], None, None, 0),
        ([(0, CRIT), (1, OK)], 1, 1, 0),
        ([(0, CRIT), (1, OK), (3, OK)], 1, 1, 2),
        ([(0, OK), (1, CRIT)], 0, None, 0),
        ([(0, OK), (1, CRIT), (2, OK), (4, OK)], 0, 2, 2),
    ],
)
def test_progress(
    readings: list[Reading], first_healthy: float | None, healthy_since: float | None, held_s: float
) -> None:
    progress = steps(readings)[-1].progress
    expected = [None if at is None else STARTED + at for at in (first_healthy, healthy_since)]
    assert [progress.first_healthy, progress.healthy_since] == expected
    assert progress.held_s == held_s
    assert progress.started == STARTED


@pytest.mark.parametrize(
    ("readings", "told", "took_s"),
    [
        # The first estimate counts, from when it was made.
        ([(0, CRIT, None), (10, WARN, 30.0), (20, WARN, 22.0), (45, OK, None)], 30.0, 35.0),
        ([(0, WARN, 30.0), (20, WARN, 10.0)], 30.0, None),
        ([(0, CRIT, None), (20, OK, None)], None, None),
        # A relapse does not change when it was there first.
        ([(0, WARN, 4.0), (5, OK, None), (6, WARN, 9.0), (9, OK, None)], 4.0, 5.0),
    ],
)
def test_what_was_foretold(
    readings: list[tuple[float, list[dict[str, Any]], float | None]],
    told: float | None,
    took_s: float | None,
) -> None:
    progress = Progress(started=STARTED)
    for at, findings, estimate in readings:
        step = advance(progress, findings, STARTED + at, 0, 120, estimate)
        # As it is kept between two attempts.
        progress = Progress(**vars(step.progress))
    assert (progress.estimate_s, progress.took_s) == (told, took_s)
    said = f"the first estimate was {told:g} s, it took {took_s:g} s" if told and took_s else ""
    assert step.text.endswith(said) and ("estimate" in step.text) == bool(said)


def test_a_clock_that_starts_at_zero_is_a_clock() -> None:
    step = advance(Progress(started=0.0), OK, 0.0, 5, 120)
    step = advance(step.progress, OK, 3.0, 5, 120)
    assert step.progress.first_healthy == 0.0


def test_the_first_readings_follow_quickly() -> None:
    pauses = [step.pause_s for step in steps([(at, CRIT) for at in range(6)])]
    assert pauses == [0.1, 0.2, 0.5, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("readings", "hold_s", "timeout_s", "pause_s"),
    [
        ([(0, OK)], 0.3, 120, 0.3),
        ([(0, OK), (4.5, OK)], 5, 120, 0.5),
        ([(0, OK)], 600, 3600, LONGEST_PAUSE_S),
        ([(0, OK), (5, OK)], 5, 120, 0.0),
        ([(0, CRIT)], 5, 0.05, 0.05),
    ],
)
def test_no_pause_is_longer_than_it_must_be(
    readings: list[Reading], hold_s: float, timeout_s: float, pause_s: float
) -> None:
    assert steps(readings, hold_s, timeout_s)[-1].pause_s == pytest.approx(pause_s)


@pytest.mark.parametrize(
    ("readings", "text"),
    [
        ([(0, NOTHING)], "nothing was read"),
        ([(0, found("ok", "crit", "warn"))], "it is crit"),
        ([(0, OK)], "healthy, holding 0.0 of 5 s"),
        ([(0, OK), (2.5, OK)], "healthy, holding 2.5 of 5 s"),
        ([(0, OK), (6, OK)], "healthy, held for 6.0 s"),
    ],
)
def test_text(readings: list[Reading], text: str) -> None:
    assert steps(readings)[-1].text == text


@pytest.mark.parametrize(
    ("pause_s", "took_s", "until_next"),
    [
        pytest.param(0.1, 0.02, 0.1, id="a quick one costs nothing"),
        pytest.param(1.0, 2.5, 2.5, id="half of the time at most"),
        pytest.param(1.0, 30.0, 5.0, id="one that hung does not make the next one late"),
    ],
)
def test_looking_is_no_burden(pause_s: float, took_s: float, until_next: float) -> None:
    assert respite(pause_s, took_s) == until_next
