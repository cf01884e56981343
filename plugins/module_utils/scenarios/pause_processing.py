# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service stops taking on work, or goes on, by the catalog's commands: contracts, payments, a queue.

A pause never ends by itself: what was paused because something was wrong is resumed by a person. When
its time is over, revert -e expired_only=true fails and so calls one.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Entry, Situation
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Text
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    modes,
    variables,
)

KIND = ""
GOAL = "request"
MODE = "processing"
PROBE_OPTIONS = {"mode": {"mode": MODE}}
INPUTS = (
    Text("mode", None, "pause|resume", "pause or resume", "pause", "stop processing, or go on"),
    variables.expiry(240),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("pause_processing", "resume_processing")
WANTED = {"pause": modes.ENTERED, "resume": modes.LEFT}
proof = modes.proof


def plan(situation: Situation) -> list[Entry]:
    return modes.plan(situation, MODE, WANTED.get(situation.inputs["mode"]))
