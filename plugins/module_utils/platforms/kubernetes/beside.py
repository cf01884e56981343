# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command with the files of a pod that does not run: in a pod beside it, with the same volumes.

It has the image, the node and the rights of the other one and none of its labels, so that no
Service and no workload takes it for one of its own. It is gone when the command has ended.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    paths,
    pods,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    Api,
    ApiError,
    NotFound,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.containers import (
    container,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done

NAME = "files"
# How long the cluster may take to start it, and the command to end.
TIMEOUT_S, PAUSE_S = 60, 0.5
OF_POD = (
    *("volumes", "nodeName", "securityContext", "serviceAccountName", "imagePullSecrets"),
    *("tolerations", "hostUsers", "runtimeClassName"),
)
OF_CONTAINER = ("image", "imagePullPolicy", "volumeMounts", "securityContext", "resources")


def pod(other: Object, name: str, command: str) -> Object:
    spec, own = other["spec"], container({"spec": other["spec"]}, name)
    files = {key: own[key] for key in OF_CONTAINER if key in own}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": f"{other['metadata']['name']}-oncall-"},
        "spec": {
            **{key: spec[key] for key in OF_POD if key in spec},
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            # Should nobody be there to remove it.
            "activeDeadlineSeconds": TIMEOUT_S,
            "terminationGracePeriodSeconds": 0,
            "containers": [{**files, "name": NAME, "command": ["sh", "-c", command]}],
        },
    }


def run(api: Api, other: Object, name: str, command: str) -> Done:
    namespace = other["metadata"]["namespace"]
    made = api.post(paths.core(namespace, "pods"), pod(other, name, command))
    place = paths.pod(namespace, made["metadata"]["name"])
    try:
        status = ended(api, place)
        text = api.text(f"{place}/log", {"container": NAME, "limitBytes": str(256 * 1024)})
    finally:
        remove(api, place)
    # The log holds both streams.
    code = int(status.get("exitCode", 1))
    return Done(code, "" if code else text, text if code else "")


def ended(api: Api, place: str) -> Mapping[str, Any]:
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        found = api.get(place)
        status = pods.main_status(found, NAME)
        if pods.phase(found) in pods.OVER or "terminated" in (status.get("state") or {}):
            return pods.last_end(status)
        time.sleep(PAUSE_S)
    raise ApiError(f"the pod {place.rpartition('/')[2]} beside it did not end within {TIMEOUT_S} s")


def remove(api: Api, place: str) -> None:
    try:
        api.delete(place)
    except NotFound:
        return
