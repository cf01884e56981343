# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service is put into maintenance, or taken out of it, by the catalog's commands.

It ends by itself: it has an expiry, after which the next run of this, or revert, takes the service out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Text
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    modes,
    variables,
)

KIND = ""
INPUTS = (
    Text("mode", None, "enter|leave", "enter or leave", "enter", "into maintenance, or out of it"),
    variables.expiry(60),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("enter_maintenance", "leave_maintenance")
WANTED = {"enter": modes.ENTERED, "leave": modes.LEFT}


def contradictions(values: Mapping[str, Any]) -> None:
    """Every combination of its variables makes sense."""


def plan(situation: Situation) -> list[Entry]:
    return modes.plan(situation, "maintenance", WANTED.get(situation.inputs["mode"]))


def proof(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding["check"] == "mode"]
