# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No pod any more; how many there were is kept for the start."""

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
    there = seen.workload["spec"]["replicas"]
    if there == 0:
        return []
    body = {"metadata": kept.patch_of({"replicas": there}), "spec": {"replicas": 0}}
    return [workload(seen, body)]
