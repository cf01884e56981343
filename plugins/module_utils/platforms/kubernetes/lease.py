# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's lock in its cluster: a Lease object in its namespace, which all control nodes see.

The API server takes a write only with the version that was read, so of two that take the lock
at the same moment one reads again. A lock that was given back stays as an object without a
holder: it keeps the fencing number.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from urllib.parse import quote

from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    Change,
    LockUnavailable,
    Seen,
    State,
    checked_state,
    here,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    MERGE,
    Api,
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds, stamp

ANNOTATION = "oncall.runbooks/lock"
# Who may write Leases here may change the workloads by our lock's leave, and is believed.
UNDOS = "oncall.runbooks/undos"
TRIES, PAUSE_S = 20, 0.05


class Leases:
    def __init__(self, api: Callable[[], Api], namespace: str, name: str) -> None:
        self._api, self.namespace = api, namespace
        # https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
        self.name = f"oncall-runbooks-{re.sub(r'[^a-z0-9.-]', '-', name.lower())}"
        self._folder = f"/apis/coordination.k8s.io/v1/namespaces/{quote(namespace)}/leases"

    def read(self) -> Seen:
        """Who may not even look learns so when the lock is needed."""
        return seen_in(self._looked())

    def beside(self) -> undos.Beside:
        return beside_in(self._looked())

    def ready(self) -> None:
        """Whether it may be written, only a write tells."""

    def renewed_lately(self, within_s: float) -> bool:
        return False  # a wait asks the same API all the time

    def _looked(self) -> Object | None:
        try:
            return self._get()
        except Forbidden:
            return None
        except Unreachable as error:
            raise self._unavailable(error) from None

    def exchange(self, change: Change, note: undos.Note | None = None) -> None:
        try:
            for _attempt in range(TRIES):
                if self._exchanged(change, note):
                    return
                time.sleep(PAUSE_S)
        except Unreachable as error:
            raise self._unavailable(error) from None
        raise LockUnavailable(
            f"the lock {self.name} is written by others all the time; run this again"
        )

    def _exchanged(self, change: Change, note: undos.Note | None) -> bool:
        lease = self._get()
        seen, beside = seen_in(lease), beside_in(lease)
        after, number = change(seen)
        noted = undos.bounded(note(beside)) if note else beside
        if (after, number, noted) == (seen.state, seen.fence, beside):
            return True
        try:
            self._write(lease, content(after, number, noted))
        except Conflict:
            return False
        return True

    def _write(self, lease: Object | None, body: Object) -> None:
        if lease is None:
            whole = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **body}
            whole["metadata"] = {**body["metadata"], "name": self.name}
            self._api().post(self._folder, whole)
            return
        version = {"resourceVersion": lease["metadata"]["resourceVersion"]}
        body["metadata"] = {**body["metadata"], **version}
        self._api().patch(f"{self._folder}/{self.name}", body, MERGE, False)

    def _get(self) -> Object | None:
        try:
            return self._api().get(f"{self._folder}/{self.name}")
        except NotFound:
            return None

    def _unavailable(self, error: Unreachable) -> LockUnavailable:
        need = " (get, create and patch of leases.coordination.k8s.io are needed)"
        more = need if isinstance(error, ApiError) and error.reason == "forbidden" else ""
        return LockUnavailable(
            f"the lock in namespace {self.namespace} cannot be had: {error}{more}"
        )


def seen_in(lease: Object | None) -> Seen:
    """A cluster tells no boot clock: a lease of another machine is judged by the wall clock."""
    return Seen(state_of(lease), fence_of(lease), here())


def annotation(lease: Object | None, name: str) -> str:
    return str(((lease or {}).get("metadata", {}).get("annotations") or {}).get(name) or "")


def state_of(lease: Object | None) -> State | None:
    text = annotation(lease, ANNOTATION)
    if not text:
        return None
    try:
        return checked_state(json.loads(text))
    except (ValueError, TypeError, KeyError):
        raise LockUnavailable(
            f"the annotation {ANNOTATION} of a Lease cannot be read: look at it by hand, and delete that Lease",
            damaged=True,
        ) from None


def beside_in(lease: Object | None) -> undos.Beside:
    try:
        found = json.loads(annotation(lease, UNDOS) or "{}")
        return undos.Beside(
            undos.checked(found.get("undos")), undos.checked_ends(found.get("undone")), []
        )
    except (ValueError, AttributeError):
        return undos.NOTHING  # somebody wrote something else there


def fence_of(lease: Object | None) -> int:
    return int(((lease or {}).get("spec") or {}).get("leaseTransitions") or 0)


def content(state: State | None, fence: int, beside: undos.Beside) -> Object:
    """What a person sees with kubectl get leases, and all that we need ourselves."""
    spec: Object = {"holderIdentity": None, "renewTime": None, "leaseDurationSeconds": None}
    if state is not None:
        owner, now = state["owner"], time.time()
        spec = {
            "holderIdentity": f"{owner['user']}@{owner['host']} {owner['incident']} {owner['run']}",
            "renewTime": stamp(now),
            "leaseDurationSeconds": max(1, round(seconds(state["until"]) - now)),
        }
    kept = {"undos": beside.undos, "undone": beside.undone}
    annotations = {
        ANNOTATION: None if state is None else json.dumps(state, sort_keys=True),
        UNDOS: json.dumps(kept, sort_keys=True) if beside.undos or beside.undone else None,
    }
    return {"metadata": {"annotations": annotations}, "spec": {**spec, "leaseTransitions": fence}}
