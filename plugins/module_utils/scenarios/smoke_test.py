# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the critical paths work? Without a service, those of the whole catalog."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Spec

KIND = ""
GOAL = "proof"
SCOPE = "smoke"
INPUTS: tuple[Spec, ...] = ()
ACTIONS: dict[str, Action] = {}


def plan(_situation: Situation) -> list[Entry]:
    """What a path makes is the catalog's business; the service itself is not touched."""
    return []
