# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs wait for too long, or fail.

Workers that are gone come back; more of them come where the database they use has room for them.
One queue is paused when a person asks for it, and jobs that failed are replayed or removed when that
is approved. Nothing is ever removed that was not exported before.
"""

from __future__ import annotations

import math
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Entry, Situation
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import number
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import scale_emergency
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    queues,
    restarts,
    symptoms,
    variables,
)

KIND = "queue"
INPUTS = (
    Input("warn_jobs", 1000, 1, 10000000, "jobs", "warn when so many wait"),
    Input("crit_jobs", 10000, 2, 100000000, "jobs", "critical when so many wait"),
    Input("age_seconds", 600, 1, 604800, "seconds", "warn when the oldest waits for so long"),
    Input("drain_minutes", 30, 1, 10080, "minutes", "a backlog that is gone within this is none"),
    queues.INTERVAL,
    queues.FAILED_JOBS,
    queues.QUEUE,
    queues.PAUSE,
    queues.JOB,
    queues.REASON,
    queues.MAX_JOBS,
    queues.FIRST_SECONDS,
    Input(
        "replicas",
        None,
        1,
        1000,
        "instances",
        "how many workers there should be; default: by the rates",
    ),
    scale_emergency.POOL,
    variables.MAX_RESTARTS,
    variables.expiry(30),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some(
    "start_service",
    "restart_service",
    "scale_service",
    "pause_queue",
    "replay_failed",
    "clean_failed",
)
# More than twice as many at once nobody has tried.
STEP = 2
# For each that comes, so much more has to be done, or the backlog stays.
AHEAD = 1.25


def contradictions(values: dict[str, Any]) -> None:
    if values["warn_jobs"] >= values["crit_jobs"]:
        raise InputError(
            f"warn_jobs: got {values['warn_jobs']}, with crit_jobs {values['crit_jobs']}; allowed is a warning "
            "below the critical threshold; for example -e warn_jobs=1000 -e crit_jobs=10000"
        )


def plan(situation: Situation) -> list[Entry]:
    access = situation.finding("queue_access")
    if access is None or access["severity"] != "ok":
        return []
    paused = queues.pause(situation)
    return [
        *paused,
        *([] if situation.inputs["pause"] else workers(situation)),
        *queues.failed(situation),
    ]


def workers(situation: Situation) -> list[Entry]:
    gone = queues.said(situation, "queue_workers", "no_workers", "hung")
    if gone:
        return [bring_back(situation, gone[0])]
    behind = queues.said(situation, "queue_backlog", "growing", "slow", "old")
    # What nobody works on any more the others take over by themselves; more of them help then, too.
    return [scale(situation, behind[0])] if behind else []


def bring_back(situation: Situation, one: queues.One) -> Entry:
    running = [
        instance
        for instance in symptoms.workload(situation).get("instances", ())
        if instance["state"] == "running"
    ]
    if one.found["reason"] == "no_workers" and not running:
        return restarts.start(situation, one.found)
    return restarts.restart(situation, one.found, own=True)


def scale(situation: Situation, one: queues.One) -> Entry:
    now = number(symptoms.workload(situation)) or 0
    wanted = situation.inputs["replicas"] or enough(situation, one, now)
    why = symptoms.first(
        symptoms.forbidden(situation),
        scale_emergency.owned(situation),
        symptoms.obstacle(situation, "scale"),
        scale_emergency.bounds(situation, wanted),
        at_the_limit(situation, now, wanted),
        scale_emergency.budget(situation, wanted - now),
    )
    return scale_emergency.proposal(situation, one.found, now, wanted, why)


def enough(situation: Situation, one: queues.One, now: int) -> int:
    """As many as the rates call for, one more at least, twice as many at most, within the catalog's bounds."""
    rates, most = one.queue["rates"], (situation.catalog.get("replicas") or {}).get("max")
    each = rates["drained"] / now if now else 0
    needed = math.ceil(rates["arrived"] * AHEAD / each) if each else now + 1
    wanted = min(max(now + 1, needed), max(1, now * STEP))
    return wanted if most is None else max(now, min(wanted, most))


def at_the_limit(situation: Situation, now: int, wanted: int) -> str:
    if wanted > now:
        return ""
    most = (situation.catalog.get("replicas") or {}).get("max")
    return (
        f"there are {now} workers, which is all that the catalog allows (replicas.max {most}); to keep the rest of the "
        f"system from it, pause the queue: -e pause=true -e service={situation.service}"
    )
