# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks are not delivered, or what they call fails.

First whoever handles them serves again, then what failed meanwhile is replayed when that is approved, a few before
the rest. A dead letter is never removed from here.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Entry, Situation
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import queue_backed_up
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    queues,
    restarts,
    symptoms,
    variables,
)

KIND = "queue"
INPUTS = (
    queues.INTERVAL,
    # Of webhooks each one counts.
    Input("failed_jobs", 1, 1, 10000000, "webhooks", "warn when so many have failed"),
    queues.QUEUE,
    queues.JOB,
    queues.REASON,
    queues.MAX_JOBS,
    queues.FIRST_SECONDS,
    variables.MAX_RESTARTS,
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("start_service", "restart_service", "replay_failed")


def plan(situation: Situation) -> list[Entry]:
    """Who delivers them comes back first; the first few of a replay tell whether that was enough."""
    access, mended = situation.finding("queue_access"), bring_back(situation)
    if access is None or access["severity"] != "ok":
        return mended
    coming = bool(mended) and mended[0]["status"] == "planned"
    if mended and not coming:
        return mended
    return [*mended, *queues.failed(situation, coming)]


def bring_back(situation: Situation) -> list[Entry]:
    said = symptoms.symptom(situation)
    gone = queues.said(situation, "queue_workers", "no_workers", "hung")
    if said is None and gone:
        return [queue_backed_up.bring_back(situation, gone[0])]
    if said is None:
        return []
    if said["reason"] == "stopped":
        return [restarts.start(situation, said)]
    return [restarts.restart(situation, said, own=True)]
