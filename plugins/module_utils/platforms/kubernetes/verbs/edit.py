# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a verb would do to the cluster: patches, decided before the first of them is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import paths
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    MERGE,
    STRATEGIC,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)


class Refused(Exception):
    """One line: why a verb is not done. With `later`, it may be possible in a moment."""

    def __init__(self, why: str, later: bool = False) -> None:
        super().__init__(why)
        self.later = later


@dataclass(frozen=True)
class Wanted:
    """What a verb was asked for."""

    incident: str = ""
    release: str = ""
    replicas: int = 0
    environment: Mapping[str, str | None] = field(default_factory=dict)
    limits: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Edit:
    """One patch. It is made only if the object is still the one that was read."""

    path: str
    body: Object
    form: str = STRATEGIC


def workload(seen: Observed, body: Object, form: str = STRATEGIC) -> Edit:
    return Edit(paths.workload(seen.section), unless_changed(seen.workload, body), form)


def autoscaler(seen: Observed, body: Object) -> Edit:
    path = f"{paths.autoscalers(seen.section['namespace'])}/{seen.autoscaler['metadata']['name']}"
    return Edit(path, unless_changed(seen.autoscaler, body), MERGE)


def unless_changed(one: Mapping[str, Any], body: Object) -> Object:
    """The API server refuses the patch when the object has another version by now."""
    metadata = {**body.get("metadata", {}), "resourceVersion": one["metadata"]["resourceVersion"]}
    return {**body, "metadata": metadata}
