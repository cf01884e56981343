# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep what is there before it is gone: a restart, a rollback or a reboot takes it away."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import variables

KIND = ""
GOAL = "work"
SCOPE = "machine"
INPUTS = (
    variables.HOST,
    Input("log_lines", 500, 1, 20000, "lines of each log", "no more than these, the newest"),
    Input("minutes", 60, 1, 10080, "minutes", "logs and events of this time"),
    Input("item_kib", 256, 1, 16384, "KiB of each item", "what is longer is cut"),
    Input("item_seconds", 10, 1, 120, "seconds for each item", "what takes longer is left out"),
)
ACTIONS: dict[str, Action] = {}


def plan(_situation: Situation) -> list[Entry]:
    """Nothing is ever done."""
    return []
