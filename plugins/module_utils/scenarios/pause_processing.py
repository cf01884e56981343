# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service stops taking on work, or goes on, by the catalog's commands: contracts, payments, a queue.

A pause never ends by itself: what was paused because something was wrong is resumed by a person. When
its time is over, revert -e expired_only=true fails and so calls one.
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
    Text("mode", None, "pause|resume", "pause or resume", "pause", "stop processing, or go on"),
    variables.expiry(240),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("pause_processing", "resume_processing")
WANTED = {"pause": modes.ENTERED, "resume": modes.LEFT}


def contradictions(values: Mapping[str, Any]) -> None:
    """Every combination of its variables makes sense."""


def plan(situation: Situation) -> list[Entry]:
    return modes.plan(situation, "processing", WANTED.get(situation.inputs["mode"]))


def proof(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding["check"] == "mode"]
