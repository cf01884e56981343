# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Could the data be brought back? Only told, never repaired."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Flag, Input

KIND = "postgresql"
GOAL = "proof"
INPUTS = (
    Flag("verify", "read every file of the newest backup, and hold it against its manifest", True),
    Input("verify_seconds", 600, 1, 86400, "seconds", "give up reading it after this long"),
)
ACTIONS: dict[str, Action] = {}
PROBE_OPTIONS = {"postgresql": {"sections": ["server", "slots", "replication", "transactions"]}}


def plan(_situation: Situation) -> list[Entry]:
    """Nothing is ever done."""
    return []
