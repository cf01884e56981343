# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stood in an object before a verb changed it, kept in an annotation of the object itself.

So the way back needs no value from the record, which may hold no secret, and any control node
finds it. The annotation tells nobody more than the object did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object

ANNOTATION = "oncall.runbooks/deployed"
# In it: what a deployment that stands at its first pod has put aside.
DEPLOYMENT = "deployment"
# On the pod template: the incident for which the pods were made anew.
RESTARTED = "oncall.runbooks/restarted-for"


def of(one: Mapping[str, Any]) -> dict[str, Any]:
    """Empty when nothing is kept, or what is kept is not ours to read."""
    text = (one["metadata"].get("annotations") or {}).get(ANNOTATION)
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def replicas(workload: Mapping[str, Any]) -> int | None:
    """How many there were before this collection stopped it."""
    found = of(workload).get("replicas")
    return found if isinstance(found, int) and found > 0 else None


def deployment(workload: Mapping[str, Any]) -> dict[str, Any]:
    """What there was before a deployment of ours that has not come to its end; else nothing."""
    found = of(workload).get(DEPLOYMENT)
    return found if isinstance(found, dict) else {}


def patch_of(content: Mapping[str, Any]) -> Object:
    """The part of a patch that keeps this content, or takes the annotation out again."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":")) if content else None
    return {"annotations": {ANNOTATION: text}}


def template_patch(
    memory: Mapping[str, Any], part: str, container: str, mine: Mapping[str, Any], change: Object
) -> Object:
    """A patch of one container, with what it takes away kept beside it on the pod template."""
    of_part = {**(memory.get(part) or {}), container: mine}
    whole = {**memory, part: {name: content for name, content in of_part.items() if content}}
    metadata = patch_of({name: content for name, content in whole.items() if content})
    spec = {"containers": [{"name": container, **change}]}
    return {"spec": {"template": {"metadata": metadata, "spec": spec}}}
