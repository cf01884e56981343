# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New pods, one after the other: an annotation of the pod template, set to the incident.

The second run for the same incident finds it there and does nothing.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    containers,
    kept,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Refused,
    Wanted,
    workload,
)


def edits(seen: Observed, wanted: Wanted) -> list[Edit]:
    template = containers.template_of(seen.workload)
    if (template["metadata"].get("annotations") or {}).get(kept.RESTARTED) == wanted.incident:
        return []
    if seen.workload["spec"]["replicas"] == 0:
        raise Refused("it has no pods, because its replicas are 0: start it")
    annotations = {kept.RESTARTED: wanted.incident}
    return [workload(seen, {"spec": {"template": {"metadata": {"annotations": annotations}}}})]
