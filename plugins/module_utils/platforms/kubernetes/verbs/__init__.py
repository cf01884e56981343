# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One file a verb of the role 'workload': from what was read to the patches, or why not."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs import (
    obstacles,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Refused,
    Wanted,
)

# A deployment has three steps: its first pod, a halt there, and the others.
DEPLOY = ("deploy", "deploy_hold", "deploy_rest")
NAMES = ("start", "stop", "restart", "rollback", *DEPLOY, "scale", "set_env", "set_limits")


class Verb(Protocol):
    def edits(self, seen: Observed, wanted: Wanted) -> list[Edit]:
        """What is to be patched; nothing when it is so already. Raises Refused."""


def edits(verb: str, seen: Observed, wanted: Wanted) -> list[Edit]:
    if verb not in NAMES:
        raise ValueError(f"'{verb}' is no verb")
    done = cast(Verb, importlib.import_module(f"{__name__}.{verb}"))
    why, passing = obstacles.of(verb, seen)
    if not why:
        return done.edits(seen, wanted)
    # What is so already is no reason to refuse: a second run must do nothing, quietly.
    if seen.workload is not None and so_already(done, seen, wanted):
        return []
    raise Refused(why, passing)


def so_already(done: Verb, seen: Observed, wanted: Wanted) -> bool:
    try:
        return not done.edits(seen, wanted)
    except Refused:
        return False
