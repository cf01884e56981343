# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deployment went wrong: back to the release before it.

To a named release that is pinned and still there, never over a migration that cannot be undone,
never against somebody who deploys at the same moment. Recovered means that it answers again, not
that the rollout is over.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    releases,
    symptoms,
    variables,
)

KIND = ""
INPUTS = (variables.RELEASE, variables.HOLD, variables.TIMEOUT)
ACTIONS = actions.some("roll_back")
proof = symptoms.proof
# Of a rollout that is stuck while the release before it still serves, only the platform tells.
STUCK = ("crash_loop", "image_pull", "progress_deadline_exceeded")


def plan(situation: Situation) -> list[Entry]:
    found = symptoms.symptom(situation) or stuck(situation)
    if found is None:
        return []
    return [releases.roll_back(situation, found)]


def stuck(situation: Situation) -> Finding | None:
    for found in situation.findings:
        if (
            found["check"] == "workload"
            and found["reason"] in STUCK
            and found["severity"] == "warn"
        ):
            return found
    return None
