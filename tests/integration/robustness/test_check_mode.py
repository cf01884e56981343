# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""--check tells what would be done, and does none of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

pytestmark = pytest.mark.slow
# What differs between two runs by nature.
TIMES = {"state_s", "idle_s", "oldest_state_s", "evidence", "at"}


def stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items() if key not in TIMES}
    return [stripped(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("flags", [["--check"], ["--check", "--diff"]], ids=" ".join)
def test_the_same_plan_and_no_change(lane: rig.Lane, site: Any, flags: list[str]) -> None:
    lane.exhaust()
    variables = rig.extra({"service": "db", **rig.QUICK})
    before = snapshot.take(lane.server)
    planned = site.run(rig.PLAYBOOK, *variables, *flags)
    assert snapshot.differences(before, snapshot.take(lane.server)) == {}

    assert (planned.outcome, planned.rc) == ("planned", 0), planned.stdout + planned.stderr
    assert planned.report["check_mode"] and not planned.report["changes"]
    assert "run it again without --check" in planned.stdout
    assert not rig.held_locks(site.state) and not list(site.state.glob("locks/*.fence"))
    (lines,) = rig.journals(site.state).values()
    assert rig.sealed(lines)
    assert not [
        line for line in lines if line["type"].startswith(("lock_", "change_", "verification"))
    ]

    real = site.run(rig.PLAYBOOK, *variables)
    assert (real.outcome, lane.sessions()) == ("recovered", rig.LEFT)
    assert stripped(planned.report["findings"]) == stripped(real.report["findings"])
    assert stripped(planned.report["plan"]) == stripped(real.report["plan"])


def test_approved_work_is_planned_too(lane: rig.Lane, site: Any) -> None:
    """Of a disruptive change, --check says what an approval would let through."""
    lane.exhaust()
    before = snapshot.take(lane.server)
    variables = {
        "service": "db",
        **rig.QUICK,
        "idle_seconds": 3600,
        "approve": "raise_max_connections",
    }
    done = site.run(rig.PLAYBOOK, *rig.extra(variables), "--check", "--diff")
    assert snapshot.differences(before, snapshot.take(lane.server)) == {}
    # On platform: external nobody here can restart it, and --check says so, too.
    assert done.planned("raise_max_connections")["status"] == "refused"
    assert (done.outcome, done.rc != 0) == ("refused", True)
