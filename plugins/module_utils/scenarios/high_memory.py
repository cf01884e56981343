# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service takes more and more memory, or is killed for want of it.

What it takes is measured twice, an interval apart. What it wrote is kept, then it is restarted, one
instance at a time; a higher limit is set instead when that is approved.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    memory,
    restarts,
    symptoms,
    thresholds,
    variables,
)

KIND = ""
INPUTS = (
    Input("warn_percent", 80, 1, 99, "percent of the limit", "warn from here"),
    Input("crit_percent", 90, 2, 100, "percent of the limit", "critical from here: it is restarted"),
    Input("interval_seconds", 10, 1, 300, "seconds", "between the two samples"),
    Input("ahead_minutes", 30, 1, 1440, "minutes", "critical when it would be full within this time"),
    variables.MAX_RESTARTS,
    memory.MEMORY,
    variables.HOLD,
    variables.TIMEOUT,
)  # fmt: skip
ACTIONS = actions.some("restart_service", "raise_memory_limit")
contradictions = thresholds.contradictions
OWN = "memory_usage"


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """That it runs, and takes no more than it may; who is near the limit only warns."""
    findings = list(findings)
    own = [
        one for one in findings if one["check"] == OWN and one["severity"] in ("crit", "unknown")
    ]
    return symptoms.proof(findings) + (own or [one for one in findings if one["severity"] == "ok"])


def plan(situation: Situation) -> list[Entry]:
    found = symptom(situation)
    if found is None:
        return []
    restart = restarts.restart(situation, found)
    more = memory.raise_limit(situation, found)
    if more is None:
        return [restart]
    if more["status"] == "refused" and not situation.approved(memory.ACTION):
        # Nobody asked for it, and the restart does not depend on it.
        why = f"a restart is tried first; a higher limit is out of reach: {more['why']}"
        more.update(status="not_needed", why=why)
    if more["status"] == "planned" and situation.approved(memory.ACTION):
        restart.update(status="not_needed", why="it is restarted with the higher limit")
    return [more, restart]


def symptom(situation: Situation) -> Finding | None:
    """What was killed has no memory to measure; then that is the symptom."""
    killed = (one for one in situation.findings if one["reason"] == "oom_killed")
    own = (one for one in situation.findings if one["check"] == OWN)
    return next((one for one in (*killed, *own) if one["severity"] == "crit"), None)
