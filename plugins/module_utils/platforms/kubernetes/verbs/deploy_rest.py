# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first pod of a release is well: the others follow, as the workload itself wants it."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import caution
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Wanted,
    workload,
)


def edits(seen: Observed, _wanted: Wanted) -> list[Edit]:
    body = caution.end(seen.workload)
    return [workload(seen, body)] if body else []
