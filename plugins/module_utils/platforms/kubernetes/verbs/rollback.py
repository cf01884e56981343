# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Back to a named release: exactly its pod template, as its revision keeps it.

Also out of a deployment that stands at its first pod: then what it held there is put back, too.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    caution,
    kept,
    releases,
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
    found = next((one for one in seen.revisions if releases.name_of(one) == wanted.release), None)
    if found is None:
        known = ", ".join(releases.name_of(one) for one in seen.revisions) or "none"
        raise Refused(f"there is no release {wanted.release} to go back to; there are: {known}")
    if releases.current(seen.workload, seen.revisions) == wanted.release:
        rest = caution.end(seen.workload)
        return [workload(seen, rest)] if rest else []
    before = kept.deployment(seen.workload)
    template = releases.template(found)
    in_use = releases.images(seen.workload["spec"]["template"])
    # Its pods run on, while only the first is of another release.
    left_now = before.get("release") == wanted.release
    if not left_now and (moving := releases.moving(releases.images(template), in_use)):
        raise Refused(
            f"release {wanted.release} is not pinned: the tag of {moving[0]} moves, so nobody knows what it brings"
        )
    annotations = found["metadata"].get("annotations") or {}
    body = caution.end(seen.workload) or {"metadata": {"annotations": {}}, "spec": {}}
    # Else the history would tell the cause of the release that is left.
    cause = before.get("cause") or annotations.get(releases.CAUSE)
    body["metadata"]["annotations"][releases.CAUSE] = cause
    body["spec"]["template"] = {**template, "$patch": "replace"}
    return [workload(seen, body)]
