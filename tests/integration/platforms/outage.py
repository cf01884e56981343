# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The four passes of a server that is gone, whatever it runs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

QUICK = {"service": "db", "hold_seconds": 1, "timeout_seconds": 60, "grace_seconds": 30}


def proven_outage(
    run: Callable[..., Any],
    state: Callable[[], object],
    end_it: Callable[[], object],
    seen: str,
    action: str,
) -> None:
    """`run` is db_outage with these options; `state` what a run that changes nothing leaves as it was."""
    before = state()
    assert run().outcome == "healthy" and state() == before
    end_it()
    down = state()
    checked = run("--check")
    assert checked.outcome == "planned", checked.stdout + checked.stderr
    assert checked.planned(action)["status"] == "planned"
    assert checked.finding("postgresql_access")["severity"] == "crit"
    assert checked.finding("postgresql_place")["reason"] == seen, checked.stdout
    assert checked.report["changes"] == [] and state() == down
    done = run()
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert [change["action"] for change in done.report["changes"]] == [action]
    up = state()
    again = run()
    assert (again.outcome, again.rc, again.report["changes"]) == ("healthy", 0, [])
    assert state() == up
