# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The releases of a workload: its ReplicaSets or ControllerRevisions, by names that stay.

A revision's number changes when one goes back to it; the name of its object does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.image_names import (
    called,
    floats,
    of_own,
    short,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    kept,
    observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Release,
    release,
)

HASH = "pod-template-hash"
CAUSE = "kubernetes.io/change-cause"
# On a pod template: it was only made anew, by kubectl or by us.
RESTARTS = ("kubectl.kubernetes.io/restartedAt", kept.RESTARTED)
REPOSITORY_DIGEST = re.compile(r"(?:[a-z-]+://)?(?P<image>[^@\s]+@sha256:[0-9a-f]{64})")


def template(revision: Object) -> Object:
    """The pod template that a revision keeps, as it stood in the workload."""
    if "data" in revision:
        whole: Object = dict(revision["data"]["spec"]["template"])
        whole.pop("$patch", None)
        return whole
    whole = dict(revision["spec"]["template"])
    metadata = dict(whole["metadata"])
    labels = {key: value for key, value in metadata["labels"].items() if key != HASH}
    return {**whole, "metadata": {**metadata, "labels": labels}}


def current(workload: Object, revisions: Sequence[Object]) -> str | None:
    """The revision that the workload asks for, which need not run yet."""
    wanted = workload["spec"]["template"]
    for one in revisions:
        if template(one) == wanted:
            return name_of(one)
    # The same amounts can be written in two ways; then the controller's own account counts.
    if settled(workload):
        return next((name_of(one) for one in revisions if is_latest(one, workload)), None)
    return None


def settled(workload: Object) -> bool:
    """Whether the controller has looked at the object as it is now."""
    seen = (workload.get("status") or {}).get("observedGeneration") or 0
    return bool(seen >= workload["metadata"]["generation"])


def is_latest(revision: Object, workload: Object) -> bool:
    if "data" in revision:
        return bool(name_of(revision) == workload["status"].get("updateRevision"))
    return observed.number(revision) == observed.number(workload)


def name_of(revision: Object) -> str:
    return str(revision["metadata"]["name"])


def releases(workload: Object, revisions: Sequence[Object]) -> list[Release]:
    in_use = images(workload["spec"]["template"])
    return [
        release(
            name_of(same[0]),
            title(same[0]),
            min(one["metadata"]["creationTimestamp"] for one in same),
            present=not moving(images(template(same[0])), in_use),
        )
        for same in without_restarts(revisions)
    ]


def target(
    workload: Object, container: Mapping[str, Any], wanted: str, held: Sequence[str] | None
) -> targets.Target:
    """`held` are the images that the nodes hold, where they pull none; else nothing is known of them."""
    in_use = str(container.get("image") or "")
    wanted = of_own(wanted, in_use)
    if floats(wanted):
        return targets.floating(wanted, in_use)
    if called(wanted) != called(in_use):
        return targets.refused(
            "release_missing", f"image {wanted} is none of {called(in_use)}, which runs"
        )
    if held is not None and short(wanted) not in held:
        return targets.missing(
            f"no node holds the image {wanted}, and none pulls it (imagePullPolicy is Never); "
            f"by hand, on the nodes: docker pull {wanted}"
        )
    same = short(wanted) == short(in_use) and not kept.deployment(workload)
    return targets.target(in_use if same else wanted, wanted, same)


def without_restarts(revisions: Sequence[Object]) -> list[list[Object]]:
    """A restart makes a revision, and releases nothing: by what was released, the newest first."""
    found: list[tuple[Object, list[Object]]] = []
    for one in revisions:
        what = released(template(one))
        same = next((members for known, members in found if known == what), None)
        if same is None:
            found.append((what, [one]))
        else:
            same.append(one)
    return [members for _what, members in found]


def released(pod_template: Object) -> Object:
    metadata = pod_template["metadata"]
    notes = metadata.get("annotations") or {}
    own = {key: value for key, value in notes.items() if key not in RESTARTS}
    return {**pod_template, "metadata": {**metadata, "annotations": own}}


def title(revision: Object) -> str:
    said = (revision["metadata"].get("annotations") or {}).get(CAUSE)
    what = ", ".join(images(template(revision)))
    return f"revision {observed.number(revision)}: {what}" + (f" ({said})" if said else "")


def images(pod_template: Mapping[str, Any]) -> list[str]:
    spec = pod_template["spec"]
    return [one["image"] for one in (*(spec.get("initContainers") or ()), *spec["containers"])]


def moving(wanted: Sequence[str], in_use: Sequence[str]) -> list[str]:
    """Images that a tag does not pin: going back to them may bring anything. What runs under the
    same tag now is no reason: the release differs in something else."""
    return [image for image in wanted if image not in in_use and floats(image)]


def digests(pods: Sequence[Object], container: str) -> dict[str, str]:
    """By pod, the image that really runs, pinned; nothing where the runtime does not tell."""
    found = {}
    for pod in pods:
        for status in (pod.get("status") or {}).get("containerStatuses") or ():
            match = REPOSITORY_DIGEST.search(status.get("imageID") or "")
            if status["name"] == container and match:
                found[pod["metadata"]["name"]] = match["image"]
    return found


def of_pod(pod: Object) -> str | None:
    """The name of the revision that made a pod."""
    labels = pod["metadata"].get("labels") or {}
    if "controller-revision-hash" in labels:
        return str(labels["controller-revision-hash"])
    return str(observed.controller(pod).get("name") or "") or None
