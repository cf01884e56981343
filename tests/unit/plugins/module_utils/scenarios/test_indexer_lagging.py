# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When an index that catches up is followed, and what it tells of the time that is left."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import finding
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import indexer_lagging

Findings = list[dict[str, Any]]


def of(check: str, severity: str, reason: str, value: float | None = None) -> dict[str, Any]:
    return {**finding(severity, reason, "it is said", value, "seconds"), "check": check}


CATCHES_UP = of("indexer_lag", "warn", "catching_up", 28.5)
THERE = of("indexer_lag", "ok", "ok", 3)
RUNS = of("workload", "ok", "ok")


@pytest.mark.parametrize(
    ("findings", "followed", "seconds"),
    [
        ([CATCHES_UP, of("rpc_in_use", "ok", "ok"), RUNS], True, 28.5),
        ([THERE, RUNS], False, None),
        ([of("indexer_lag", "crit", "stuck", 900), RUNS], False, None),
        ([of("indexer_lag", "unknown", "unreadable"), RUNS], False, None),
        # Something is to be done about it first.
        ([CATCHES_UP, of("workload", "crit", "stopped")], False, 28.5),
        ([CATCHES_UP, of("rpc_in_use", "crit", "stale"), RUNS], False, 28.5),
        # No affair of whether it is there.
        ([CATCHES_UP, RUNS, of("chain_nodes", "warn", "behind")], True, 28.5),
        ([], False, None),
    ],
)
def test_what_is_followed(findings: Findings, followed: bool, seconds: float | None) -> None:
    assert indexer_lagging.coming_back(findings) is followed
    assert indexer_lagging.estimate(findings) == seconds
