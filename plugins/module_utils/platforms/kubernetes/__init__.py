# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments and StatefulSets of a Kubernetes cluster, over its API, from the controller."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import entries
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, shown
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    beside,
    containers,
    frames,
    kubeconfig,
    observed,
    paths,
    pods,
    releases,
    state,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    NothingRuns,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Reading,
    refused,
)

KEYS = ("namespace", "workload", "name", "container", "kubeconfig", "context", "gitops")
NEEDED = ("namespace", "workload", "name")
CLUSTER = ("namespace", "kubeconfig", "context")
EXAMPLE = "kubernetes: {namespace: shop, workload: deployment, name: api}"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
FORMS = {
    "namespace": (LABEL, "a namespace's name: small letters, digits and '-'"),
    "workload": ("|".join(paths.KINDS), f"one of {', '.join(paths.KINDS)}"),
    "name": (rf"{LABEL}(\.{LABEL})*", "its name: small letters, digits, '-' and '.'"),
    "container": (LABEL, "a container's name: small letters, digits and '-'"),
    "kubeconfig": (r"[^\0]+", "a path on the controller"),
    "context": (r"\S.*", "the name of a context of the kubeconfig"),
    "gitops": ("refuse|override", "refuse or override"),
}


def check(path: str, given: object) -> None:
    section = entries.mapping(path, given, EXAMPLE)
    entries.known_keys(path, section, KEYS, EXAMPLE)
    for key in KEYS:
        value = section.get(key)
        if value is None and key not in NEEDED:
            continue
        form, allowed = FORMS[key]
        if not isinstance(value, str) or not re.fullmatch(form, value):
            got = "nothing" if value is None else shown(key, value)
            raise InputError(
                f"{path}.{key}: got {got}; allowed is {allowed}; for example {EXAMPLE}"
            )
    kubeconfig.check(path, section, os.environ)


def place(section: Mapping[str, Any]) -> str:
    return json.dumps({key: section.get(key) for key in CLUSTER}, sort_keys=True)


def identity(section: Mapping[str, Any]) -> dict[str, str]:
    """Within its cluster, whichever context leads there."""
    return {key: section[key] for key in ("namespace", "workload", "name")}


def read(sections: Mapping[str, Mapping[str, Any]], reach: Reach) -> dict[str, Reading]:
    """Services of several namespaces are read one namespace after the other."""
    places: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, section in sections.items():
        places.setdefault(place(section), {})[name] = section
    found: dict[str, Reading] = {}
    for members in places.values():
        found.update(_read(members, reach))
    return found


def _read(sections: Mapping[str, Mapping[str, Any]], reach: Reach) -> dict[str, Reading]:
    try:
        api = reach.api(next(iter(sections.values())))
        seen = observed.observe(api, sections, time.time())
    except Unreachable as error:
        reason = error.reason if isinstance(error, ApiError) else "apiserver_unavailable"
        return {
            name: refused("kubernetes", state.place(section), reason, str(error))
            for name, section in sections.items()
        }
    return {name: state.of(one) for name, one in seen.items()}


def target(
    section: Mapping[str, Any], wanted: str, _known: Reading, reach: Reach
) -> targets.Target:
    """An image for its container. Whether it can be pulled, the first pod tells."""
    api = reach.api(section)
    workload = api.get(paths.workload(section))
    name = containers.chosen(containers.template_of(workload), section)
    container = containers.container(containers.template_of(workload), name)
    held = observed.held_images(api) if container.get("imagePullPolicy") == "Never" else None
    return releases.target(workload, container, wanted, held)


def execute(section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """In a pod of it that is ready; else in one that runs, because a server that is full of
    connections fails its probe, and is just the one to look into."""
    api = reach.api(section)
    found, name = _pods(api, section)
    pod = first(found, name)
    if pod is None:
        raise NothingRuns(f"{state.place(section)} has no pod that runs")
    path = paths.pod(section["namespace"], pod["metadata"]["name"], "exec")
    done: Done = api.execute(path, name, frames.shell(command, stdin), stdin)
    return done


def execute_on_files(section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """Where a pod runs, in it; else in one beside it, which takes no input."""
    api = reach.api(section)
    found, name = _pods(api, section)
    if first(found, name) is not None:
        try:
            return execute(section, command, stdin, reach)
        except Unreachable:
            found, name = _pods(api, section)  # it has just ended again
    if not found or stdin:
        raise Unreachable(
            f"{state.place(section)} has no pod that runs, and none to put one beside"
        )
    return beside.run(api, found[0], name, command)


def _pods(api: Any, section: Mapping[str, Any]) -> tuple[list[Object], str]:
    workload = api.get(paths.workload(section))
    template = containers.template_of(workload)
    name = containers.chosen(template, section)
    if not name:
        raise Unreachable(containers.why_none(template, section))
    return observed.pods_of(api, workload), name


def first(found: list[Object], name: str) -> Object | None:
    """Always the same one while it serves: the oldest, of a StatefulSet the one with the lowest number."""
    running = [
        pod
        for pod in found
        if "running" in (pods.main_status(pod, name).get("state") or {})
        and not pod["metadata"].get("deletionTimestamp")
    ]
    running.sort(key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))
    if any(
        "statefulset.kubernetes.io/pod-name" in (pod["metadata"].get("labels") or {})
        for pod in running
    ):
        running.sort(key=lambda pod: int(pod["metadata"]["name"].rpartition("-")[2]))
    ready = [pod for pod in running if observed.condition(pod, "Ready")]
    return next(iter((*ready, *running)), None)
