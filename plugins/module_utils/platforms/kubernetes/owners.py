# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who else writes to an object: an autoscaler, a GitOps controller, an operator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import observed
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import Object

# A label or an annotation with which a controller marks what it keeps as Git has it. A mark of
# Helm alone is none of these: Helm changes nothing by itself.
MARKS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "fluxcd.io/sync-checksum": "Flux",
    "objectset.rio.cattle.io/id": "Fleet",
    "configsync.gke.io/declared-fields": "Config Sync",
}
# Who wrote a field, as the API server notes it.
MANAGERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "fleetagent": "Fleet",
    "configsync.gke.io": "Config Sync",
}
# Flux leaves an object alone that is marked so.
LET_GO = ("kustomize.toolkit.fluxcd.io/reconcile", "helm.toolkit.fluxcd.io/reconcile")


def gitops(one: Object) -> str:
    """The controller that would bring the object back to what Git says; else nothing."""
    metadata = one["metadata"]
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    if any(marks.get(key) == "disabled" for key in LET_GO):
        return ""
    for key, name in MARKS.items():
        if key in marks:
            named = re.sub(r"[^A-Za-z0-9._/:-]", "", marks[key].partition(":")[0])[:63]
            return f"{name} ({named})" if named else name
    for entry in metadata.get("managedFields") or ():
        if entry.get("manager") in MANAGERS:
            return MANAGERS[entry["manager"]]
    return ""


def operator(one: Object) -> str:
    """The object of a higher kind that this one is made from."""
    above = observed.controller(one)
    return f"{above['kind']} {above['name']}" if above else ""


def outside(one: Object) -> str:
    """Who would take a change back, in words; else nothing."""
    if found := gitops(one):
        return f"{found} keeps it as Git says"
    if found := operator(one):
        return f"{found} makes it, and keeps it as it says"
    return ""


def owners(workload: Object, autoscaler: Object | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if autoscaler:
        found["hpa"] = {"name": autoscaler["metadata"]["name"], **bounds(autoscaler)}
    for key, name in (("gitops", gitops(workload)), ("operator", operator(workload))):
        if name:
            found[key] = name
    return found


def bounds(autoscaler: Mapping[str, Any]) -> dict[str, int]:
    spec, status = autoscaler["spec"], autoscaler.get("status") or {}
    return {
        "min": int(spec.get("minReplicas") or 1),
        "max": int(spec["maxReplicas"]),
        "current": int(status.get("currentReplicas") or 0),
    }
