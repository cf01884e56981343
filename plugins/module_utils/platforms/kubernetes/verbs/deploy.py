# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another image for one pod: the template has it, and all but one pod wait."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    caution,
    containers,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Wanted,
    workload,
)


def edits(seen: Observed, wanted: Wanted) -> list[Edit]:
    template = containers.template_of(seen.workload)
    name = containers.chosen(template, seen.section)
    if containers.container(template, name).get("image") == wanted.release:
        return []
    in_use = releases.current(seen.workload, seen.revisions) or ""
    body = caution.begin(seen.workload, in_use)
    new = {"containers": [{"name": name, "image": wanted.release}]}
    body["spec"]["template"] = {"spec": new}
    return [workload(seen, body)]
