# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first pod of a release is there: no other follows until somebody says so."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import kept
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Wanted,
    workload,
)


def edits(seen: Observed, _wanted: Wanted) -> list[Edit]:
    # A StatefulSet is held by its partition.
    if seen.workload["kind"] != "Deployment" or seen.workload["spec"].get("paused"):
        return []
    return [workload(seen, {"spec": {"paused": True}})] if kept.deployment(seen.workload) else []
