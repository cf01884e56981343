# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that is read about the services of a namespace, in one pass of plain GET requests.

What is needed to say anything raises when it is refused; what only adds to it is noted as unread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.image_names import short
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    paths,
    selectors,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    Api,
    ApiError,
    Forbidden,
    NotFound,
    Object,
    Query,
)

Section = Mapping[str, Any]
# A page of a list, and how many pages are turned at most.
PAGE, PAGES = 500, 20
# A node tells of no more images than these (--node-status-max-images).
IMAGES = 50
# Nodes are asked for one by one, and only when a pod on one is not ready.
NODES = 5


@dataclass(frozen=True)
class Observed:
    """One service as the cluster has it. `workload` is None when there is none of that name."""

    section: Section
    now: float
    # null when it is missing; who judges or changes it is not asked then
    workload: Any = None
    revisions: Sequence[Object] = ()  # ReplicaSets or ControllerRevisions, the newest first
    pods: Sequence[Object] = ()
    events: Sequence[Object] = ()  # warnings about any of these
    autoscaler: Any = None
    budgets: Sequence[Object] = ()
    quotas: Sequence[Object] = ()
    nodes: Mapping[str, Object] = field(default_factory=dict)
    # What the credentials may not look at, and what they may not do.
    unread: Sequence[str] = ()
    denied: Sequence[str] = ()
    # The version of the API of disruption budgets and evictions.
    policy: str = "v1"


def observe(api: Api, sections: Mapping[str, Section], now: float) -> dict[str, Observed]:
    """The services of one namespace of one cluster, by name."""
    namespace = next(iter(sections.values()))["namespace"]
    workloads = {name: _workload(api, section) for name, section in sections.items()}
    found = [workload for workload in workloads.values() if workload]
    if not found:
        return {name: Observed(section, now) for name, section in sections.items()}
    look = Look(api, namespace, found)
    return {name: look.at(section, workloads[name], now) for name, section in sections.items()}


def _workload(api: Api, section: Section) -> Object | None:
    try:
        return api.get(paths.workload(section))
    except NotFound:
        return None


class Look:
    """The lists of a namespace, each read once."""

    def __init__(self, api: Api, namespace: str, workloads: Sequence[Object]) -> None:
        self.api, self.namespace, self.policy = api, namespace, "v1"
        self.unread: list[str] = []
        # A namespace may hold thousands of pods: for one service only its own are asked for.
        query = selected(workloads[0]) if len(workloads) == 1 else {}
        kinds = {paths.REVISIONS[workload["kind"]] for workload in workloads}
        self.revisions = [
            item
            for kind in sorted(kinds)
            for item in items(api, paths.apps(namespace, kind), query)
        ]
        self.pods = items(api, paths.core(namespace, "pods"), query)
        self.events = self.if_allowed(
            paths.core(namespace, "events"), {"fieldSelector": "type=Warning"}
        )
        self.autoscalers = self.if_allowed(paths.autoscalers(namespace))
        self.budgets = self._budgets()
        self.quotas = self.if_allowed(paths.core(namespace, "resourcequotas"))

    def if_allowed(self, path: str, query: Query | None = None) -> list[Object]:
        try:
            return items(self.api, path, query)
        except Forbidden:
            self.unread.append(path.rpartition("/")[2])
        return []

    def _budgets(self) -> list[Object]:
        """policy/v1 is there from 1.21 on, and v1beta1 until 1.24."""
        try:
            return self.if_allowed(paths.budgets(self.namespace, self.policy))
        except NotFound:
            self.policy = "v1beta1"
            return self.if_allowed(paths.budgets(self.namespace, self.policy))

    def at(self, section: Section, workload: Object | None, now: float) -> Observed:
        if workload is None:
            return Observed(section, now)
        revisions = sorted(owned(self.revisions, [workload]), key=number, reverse=True)
        above = revisions if workload["kind"] == "Deployment" else [workload]
        pods = owned(self.pods, above)
        autoscaler = next((one for one in self.autoscalers if scales(one, workload)), None)
        about = {one["metadata"]["uid"] for one in (workload, *revisions, *pods)}
        labels = workload["spec"]["template"]["metadata"].get("labels") or {}
        return Observed(
            section,
            now,
            workload,
            revisions,
            pods,
            [one for one in self.events if one["involvedObject"].get("uid") in about],
            autoscaler,
            [one for one in self.budgets if guards(one, labels)],
            self.quotas,
            self._nodes(pods),
            tuple(self.unread),
            denied(self.api, section, autoscaler is not None),
            self.policy,
        )

    def _nodes(self, pods: Sequence[Object]) -> dict[str, Object]:
        doubtful = {pod["spec"].get("nodeName") for pod in pods if not condition(pod, "Ready")} - {
            None
        }
        found = {}
        for name in sorted(map(str, doubtful))[:NODES]:
            try:
                found[name] = self.api.get(paths.node(name))
            except Forbidden:
                self.unread.append("nodes")
                break
            except NotFound:
                continue
        return found


def items(api: Api, path: str, query: Query | None = None) -> list[Object]:
    """A whole list, page by page."""
    found: list[Object] = []
    asked = {**(query or {}), "limit": str(PAGE)}
    for _page in range(PAGES):
        answer = api.get(path, asked)
        found += answer["items"]
        token = answer["metadata"].get("continue")
        if not token:
            return found
        asked["continue"] = token
    raise ApiError(f"{path} has more than {PAGE * PAGES} objects: too many to read in an incident")


def selected(workload: Object) -> Query:
    return {"labelSelector": selectors.text(workload["spec"]["selector"])}


def pods_of(api: Api, workload: Object) -> list[Object]:
    """Only its pods, where nothing else is asked for."""
    namespace = workload["metadata"]["namespace"]
    found = items(api, paths.core(namespace, "pods"), selected(workload))
    if workload["kind"] == "StatefulSet":
        return owned(found, [workload])
    sets = items(api, paths.apps(namespace, "replicasets"), selected(workload))
    return owned(found, owned(sets, [workload]))


def held_images(api: Api) -> list[str] | None:
    """What the nodes tell of their images; None where they may not be asked, or tell not all."""
    try:
        nodes = items(api, paths.NODES)
    except Forbidden:
        return None
    lists = [(node.get("status") or {}).get("images") or [] for node in nodes]
    if any(len(images) >= IMAGES for images in lists):
        return None
    names = [name for images in lists for one in images for name in one.get("names") or ()]
    return [short(name) for name in names]


def denied(api: Api, section: Section, autoscaled: bool) -> list[str]:
    """What a verb would need and these credentials may not do, asked before anything is done."""
    wanted = [("patch", "apps", paths.plural(section), section["name"])]
    if autoscaled:
        wanted.append(("patch", "autoscaling", "horizontalpodautoscalers", ""))
    return [why for why in (_denied(api, section, *one) for one in wanted) if why]


def _denied(api: Api, section: Section, verb: str, group: str, resource: str, name: str) -> str:
    attributes = {
        "namespace": section["namespace"],
        "verb": verb,
        "group": group,
        "resource": resource,
        "name": name,
    }
    if not turned_away(api, attributes):
        return ""
    return f"{verb} {resource}.{group} in namespace {section['namespace']}"


def turned_away(api: Api, attributes: Mapping[str, str]) -> bool:
    """Whether the API server would refuse it to these credentials."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        return not api.post(paths.REVIEW, review)["status"]["allowed"]
    except (Forbidden, NotFound):
        return False  # nobody can be asked: the change itself is the question then


def owned(objects: Sequence[Object], owners: Sequence[Object]) -> list[Object]:
    known = {owner["metadata"]["uid"] for owner in owners}
    return [one for one in objects if controller(one).get("uid") in known]


def controller(one: Object) -> Mapping[str, Any]:
    """The owner that makes and removes it."""
    references = one["metadata"].get("ownerReferences") or ()
    return next((owner for owner in references if owner.get("controller")), {})


def number(revision: Object) -> int:
    """Of a ControllerRevision, or of a ReplicaSet, where it is an annotation."""
    if "revision" in revision:
        return int(revision["revision"])
    annotations = revision["metadata"].get("annotations") or {}
    return int(annotations.get("deployment.kubernetes.io/revision") or 0)


def scales(autoscaler: Object, workload: Object) -> bool:
    target = autoscaler["spec"]["scaleTargetRef"]
    return (target["kind"], target["name"]) == (workload["kind"], workload["metadata"]["name"])


def guards(budget: Object, labels: Mapping[str, str]) -> bool:
    selector = budget["spec"].get("selector")
    return bool(selector) and selectors.matches(selector, labels)


def condition(one: Object, kind: str) -> bool:
    found = condition_of(one, kind)
    return found.get("status") == "True"


def condition_of(one: Object, kind: str) -> Mapping[str, Any]:
    listed = (one.get("status") or {}).get("conditions") or ()
    return next((each for each in listed if each["type"] == kind), {})
