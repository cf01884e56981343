# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does it stay well? The same look again and again, over minutes or, by a schedule, over days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Flag,
    Input,
    InputError,
)

KIND = ""
GOAL = "proof"
SCOPE = "watch"
INPUTS = (
    Input("minutes", 60, 1, 2880, "minutes", "watch for this long"),
    Input("every_seconds", 30, 1, 3600, "seconds", "look this often"),
    Input("error_percent", 1, 0, 100, "percent of the looks", "more failed looks than this are critical"),
    Flag("without_smoke", "do not walk the critical paths, only ask for health"),
)  # fmt: skip
ACTIONS: dict[str, Action] = {}


def contradictions(values: Mapping[str, Any]) -> None:
    if values["every_seconds"] > values["minutes"] * 60:
        raise InputError(
            f"every_seconds: got {values['every_seconds']}, with minutes {values['minutes']}; allowed is at most "
            "the whole time; for example -e minutes=60 -e every_seconds=30"
        )


def plan(_situation: Situation) -> list[Entry]:
    """Nothing is ever done."""
    return []
