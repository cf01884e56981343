# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service is put into maintenance, or taken out of it, by the catalog's commands.

It ends by itself: it has an expiry, after which the next run of this, or revert, takes the service out.
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
MODE = "maintenance"
PROBE_OPTIONS = {"mode": {"mode": MODE}}
INPUTS = (
    Text("mode", None, "enter|leave", "enter or leave", "enter", "into maintenance, or out of it"),
    variables.expiry(60),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("enter_maintenance", "leave_maintenance")
WANTED = {"enter": modes.ENTERED, "leave": modes.LEFT}
proof = modes.proof


def plan(situation: Situation) -> list[Entry]:
    return modes.plan(situation, MODE, WANTED.get(situation.inputs["mode"]))
