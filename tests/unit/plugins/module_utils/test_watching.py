# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A watch over time: what counts, and when its target is lost."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import watching
from ansible_collections.oncall.runbooks.plugins.module_utils.watching import Watch


def look(severity: str) -> list[dict[str, Any]]:
    return [{"severity": severity, "summary": f"it is {severity}"}] if severity else []


@pytest.mark.parametrize(
    ("minutes", "every", "looks"),
    [(1, 30, 3), (60, 30, 121), (1, 60, 2), (1, 45, 2), (2880, 30, 5761)],
)
def test_how_many_looks(minutes: int, every: int, looks: int) -> None:
    assert watching.planned(minutes, every) == looks


@pytest.mark.parametrize(
    ("seen", "failed", "outages"),
    [
        (["ok", "ok", "ok"], 0, 0),
        (["ok", "warn", "ok"], 0, 0),
        (["ok", "crit", "ok"], 1, 1),
        (["crit", "crit", "ok", "crit"], 3, 2),
        (["ok", "unknown"], 1, 1),
        (["", "ok"], 1, 1),
    ],
)
def test_what_counts_as_failed(seen: list[str], failed: int, outages: int) -> None:
    watch = Watch(planned=10)
    for severity in seen:
        watch = watching.advance(watch, look(severity))
    assert (watch.checks, watch.failed, watch.outages) == (len(seen), failed, outages)
    assert watch.percent == round(100 * failed / len(seen), 2)


@pytest.mark.parametrize(
    ("planned", "failed", "percent", "lost"),
    [
        (100, 1, 1, False),
        (100, 2, 1, True),
        (10, 1, 1, True),
        (10, 1, 10, False),
        (10, 0, 0, False),
        (10, 1, 0, True),
        (10, 10, 100, False),
    ],
)
def test_when_the_target_is_lost(planned: int, failed: int, percent: int, lost: bool) -> None:
    """One glitch in a long watch is within one percent; it does not end it at once."""
    assert watching.lost(Watch(planned=planned, checks=10, failed=failed), percent) is lost


def test_earlier_slices_count_once() -> None:
    def line(service: str, checks: int, ended: bool) -> dict[str, Any]:
        return {
            "type": "watch",
            "service": service,
            "data": {"checks": checks, "failed": 1, "ended": ended},
        }

    lines = [line("api", 1, False), line("api", 4, True), line("db", 9, True), line("api", 4, True)]
    assert watching.together([*lines, {"type": "plan", "service": "api", "data": {}}], "api") == (
        8,
        2,
    )


def test_the_last_failure_is_remembered() -> None:
    watch = watching.advance(watching.advance(Watch(planned=3), look("crit")), look("ok"))
    assert watch.last_failure == "it is crit"
    assert watching.text(watch) == "2 of 3, 1 failed: well"
    assert not watching.done(watch) and watching.done(watching.advance(watch, look("ok")))
