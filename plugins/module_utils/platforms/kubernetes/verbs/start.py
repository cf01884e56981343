# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As many pods as there were when it was stopped; a number that nobody kept is not guessed."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import kept
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Refused,
    Wanted,
    workload,
)


def edits(seen: Observed, _wanted: Wanted) -> list[Edit]:
    if seen.workload["spec"]["replicas"] > 0:
        return []
    before = kept.replicas(seen.workload)
    if before is None:
        raise Refused(
            "somebody else set its replicas to 0, so how many there were is not known: scale it to a number"
        )
    return [workload(seen, {"metadata": kept.patch_of({}), "spec": {"replicas": before}})]
