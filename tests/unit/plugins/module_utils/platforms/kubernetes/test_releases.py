# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as a release: not a restart."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    kept,
    releases,
)


def revision(number: int, image: str, **notes: str) -> dict[str, Any]:
    annotations = {"deployment.kubernetes.io/revision": str(number)}
    created = f"2026-11-21T03:0{number}:00Z"
    metadata = {"name": f"api-{number}", "annotations": annotations, "creationTimestamp": created}
    labels = {"app": "api", releases.HASH: str(number)}
    spec = {"containers": [{"name": "api", "image": image}]}
    pods = {"metadata": {"labels": labels, "annotations": notes}, "spec": spec}
    return {"metadata": metadata, "spec": {"template": pods}}


REVISIONS = [
    revision(5, "shop:v3", **{kept.RESTARTED: "INC-1"}),
    revision(4, "shop:v3"),
    revision(3, "shop:v2", **{"kubectl.kubernetes.io/restartedAt": "2026-11-21T03:00:00Z"}),
    revision(2, "shop:v2"),
    revision(1, "shop:v1"),
]


def test_a_restart_is_no_release() -> None:
    workload = {"spec": {"template": releases.template(REVISIONS[0])}}
    found = releases.releases(workload, REVISIONS)
    assert [(one["name"], one["since"]) for one in found] == [
        ("api-5", "2026-11-21T03:04:00Z"),
        ("api-3", "2026-11-21T03:02:00Z"),
        ("api-1", "2026-11-21T03:01:00Z"),
    ]
    assert releases.current(workload, REVISIONS) == "api-5"
