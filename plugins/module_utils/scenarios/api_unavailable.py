# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service answers with errors, or not at all.

What it depends on is looked at first: an application whose database is gone is left alone. A
release that is new and crashes is gone back from, when approved; otherwise the service is
started or restarted, one instance at a time, and not again and again.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    memory,
    releases,
    restarts,
    symptoms,
    variables,
)

KIND = "http"
INPUTS = (
    variables.MAX_RESTARTS,
    variables.NEW_RELEASE,
    variables.RELEASE,
    memory.MEMORY,
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("start_service", "restart_service", "roll_back", "raise_memory_limit")
proof = symptoms.proof
# What a release does that cannot run. One that runs and answers badly gets its restart first.
CRASHING = (
    "crash_loop",
    "start_limit_hit",
    "unit_failed",
    "image_pull",
    "progress_deadline_exceeded",
)


def plan(situation: Situation) -> list[Entry]:
    found = symptoms.symptom(situation)
    if found is None:
        return []
    if found["reason"] == "stopped":
        return [restarts.start(situation, found)]
    restart = restarts.restart(situation, found)
    if found["reason"] == "oom_killed":
        return killed(situation, found, restart)
    return back_first(situation, found, [restart]) if suspect(situation, found) else [restart]


def back_first(situation: Situation, found: Finding, others: list[Entry]) -> list[Entry]:
    """The restart comes last of the others, and only where there is no way back."""
    back, restart = releases.roll_back(situation, found), others[-1]
    if back["status"] != "refused" and restart["status"] == "planned":
        why = "a new release cannot run: going back from it comes first"
        restart.update(status="not_needed", why=why)
    return [back, *others]


def killed(situation: Situation, found: Finding, restart: Entry) -> list[Entry]:
    """For want of memory: a restart, and with an approval a higher limit instead, which restarts it.
    What a new release needs at each start is its own fault, unless the limit is to be raised."""
    more = memory.raise_limit(situation, found)
    others = [restart] if more is None else [more, restart]
    if more and more["status"] == "planned" and situation.approved(memory.ACTION):
        restart.update(status="not_needed", why="it is restarted with the higher limit")
        return others
    again_and_again = any(one["reason"] in CRASHING for one in situation.findings)
    if again_and_again and releases.is_new(situation):
        return back_first(situation, found, others)
    return others


def suspect(situation: Situation, found: Finding) -> bool:
    """Asked for by name, or so young that the deployment is the likely cause."""
    named = situation.inputs["release"] is not None
    return named or (found["reason"] in CRASHING and releases.is_new(situation))
