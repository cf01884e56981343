# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The nodes below a service: which take its pods, and what keeps one from being left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    observed,
    paths,
    pods,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    MERGE,
    Api,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
    condition,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    unless_changed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.obstacles import (
    spent,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import reading

# On a node that was cordoned here: the incident for which it was. So nobody takes a second one
# meanwhile, and nobody opens one that somebody else has closed.
ANNOTATION = "oncall.runbooks/cordoned-for"
# What a drain needs beyond the verbs of a service: verb, resource, the part of it.
NEEDED = (("patch", "nodes", ""), ("create", "pods", "eviction"))


def all_of(api: Api) -> list[Object]:
    return observed.items(api, paths.NODES)


def read(api: Api, section: Mapping[str, Any], asked: str | None, now: float) -> reading.Reading:
    seen, nodes = observed.observe(api, {"it": section}, now)["it"], all_of(api)
    members = [_member(seen, node) for node in nodes]
    target = next((node for node in nodes if name(node) == asked), None)
    why = list(obstacles(seen, nodes, target)) if target else []
    why += denied(api, section["namespace"]) if target else []
    return reading.reading("kubernetes", "the nodes of its cluster", members, why)


def _member(seen: Observed, node: Object) -> reading.Member:
    ready, closed = condition(node, "Ready"), cordoned(node)
    words = ("ready" if ready else "not ready", "cordoned" if closed else "schedulable")
    return reading.member(
        name(node),
        reading.DRAINED if closed else reading.IN_USE,
        healthy=ready,
        load=len(on_node(seen, name(node))),
        said=", ".join(words),
    )


def name(node: Object) -> str:
    return str(node["metadata"]["name"])


def cordoned(node: Object) -> bool:
    return bool(node["spec"].get("unschedulable"))


def for_whom(node: Object) -> str:
    """The incident that cordoned it here."""
    return str((node["metadata"].get("annotations") or {}).get(ANNOTATION) or "")


def on_node(seen: Observed, node: str) -> list[Object]:
    """The service's pods there; what has ended only lies there as a record."""
    return [
        pod
        for pod in seen.pods
        if pod["spec"].get("nodeName") == node and pods.phase(pod) not in pods.OVER
    ]


def obstacles(seen: Observed, nodes: Sequence[Object], target: Object) -> Iterator[str]:
    if seen.workload is None:
        yield f"there is no {seen.section['workload']} {seen.section['name']}"
        return
    yield second(nodes, target)
    if not condition(target, "Ready"):
        return  # it takes nothing any more: to close it costs nothing, and its pods are left alone
    yield nowhere_else(seen, nodes, target)
    there = on_node(seen, name(target))
    yield keeps_data(there)
    yield spent(seen) if there else ""


def second(nodes: Sequence[Object], target: Object) -> str:
    for node in nodes:
        if node is not target and name(node) != name(target) and for_whom(node):
            return (
                f"node {name(node)} is cordoned already, for incident {for_whom(node)}: never two at once; "
                "revert that one first"
            )
    return ""


def nowhere_else(seen: Observed, nodes: Sequence[Object], target: Object) -> str:
    template = seen.workload["spec"]["template"]["spec"]
    if any(name(node) != name(target) and takes(node, template) for node in nodes):
        return ""
    return "no other node is ready and takes its pods: they would have nowhere to go"


def takes(node: Object, template: Mapping[str, Any]) -> bool:
    labels = node["metadata"].get("labels") or {}
    chosen = (template.get("nodeSelector") or {}).items()
    return (
        condition(node, "Ready")
        and not cordoned(node)
        and all(labels.get(key) == value for key, value in chosen)
        and all(
            any(tolerates(one, taint) for one in template.get("tolerations") or ())
            for taint in node["spec"].get("taints") or ()
            if taint["effect"] != "PreferNoSchedule"
        )
    )


def tolerates(one: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if one.get("effect") not in (None, "", taint["effect"]):
        return False
    if one.get("operator") == "Exists":
        return one.get("key") in (None, "", taint["key"])
    return (one.get("key"), one.get("value") or "") == (taint["key"], taint.get("value") or "")


def keeps_data(there: Sequence[Object]) -> str:
    for pod in there:
        for volume in pod["spec"].get("volumes") or ():
            if "emptyDir" in volume:
                return (
                    f"pod {pod['metadata']['name']} keeps data in an emptyDir ({volume['name']}), which would be "
                    "lost with it; save it and move that pod by hand"
                )
    return ""


def denied(api: Api, namespace: str) -> list[str]:
    """What these credentials may not do, asked before anything is done."""
    return [
        f"forbidden: these credentials may not {verb} {resource}{part and '/' + part}"
        for verb, resource, part in NEEDED
        if observed.turned_away(
            api,
            {
                "verb": verb,
                "resource": resource,
                "subresource": part,
                **({"namespace": namespace} if part else {}),
            },
        )
    ]


def close(node: Object, incident: str) -> Edit | None:
    """Cordon it, and say for whom; None where somebody has done so."""
    if cordoned(node):
        return None
    body = {"metadata": {"annotations": {ANNOTATION: incident}}, "spec": {"unschedulable": True}}
    return Edit(paths.node(name(node)), unless_changed(node, body), MERGE)


def open_again(node: Object) -> Edit | None:
    """None where nothing of ours is left: what somebody else closed stays closed."""
    if not for_whom(node):
        return None
    body = {"metadata": {"annotations": {ANNOTATION: None}}, "spec": {"unschedulable": None}}
    return Edit(paths.node(name(node)), unless_changed(node, body), MERGE)
