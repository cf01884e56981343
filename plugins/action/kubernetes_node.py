# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    draining,
    nodes,
    observed,
    paths,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Conflict,
    NotFound,
    Object,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.evictions import (
    evict_one,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import (
    LEASE_S,
    PlatformAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

PAUSE_S = 1.0
TIMEOUT_S = 120.0
# A kubelet writes its node's status all the time: then the node is read and judged again.
TRIES = 4
# What opening it again may take, when the time for all else is over.
OPENING_S = 20.0


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "node": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["cordoned", "drained", "open"], "required": True},
        "minimum": {"type": "int", "default": 1},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        self.current = self.this_run()
        self.service = self.current.services[self.host]
        _platform, self.section = self.platform_of(self.service)
        self.name, state = self.arguments["node"], self.arguments["state"]
        seconds = self.current.inputs[self.service].get("timeout_seconds") or TIMEOUT_S
        self.deadline = time.monotonic() + float(seconds)
        try:
            self.api = self.clusters.api(self.section)
            self.api.wait_until(self.deadline)
            if state == "open":
                return self._open()
            return self._cordoned() if state == "cordoned" else self._drained()
        except ApiError as error:
            outcome = "refused" if error.reason == "forbidden" else "unrecovered"
            raise self._stop(str(error), outcome) from None

    def _stop(self, why: str, outcome: str = "unrecovered") -> Stop:
        return Stop(f"{outcome}: {self.service}: node {self.name}: {why}", outcome)

    def _cordoned(self) -> dict[str, Any]:
        with self._closed() as closed:
            return {"changed": closed, "after": self._after(0)}

    def _drained(self) -> dict[str, Any]:
        served = draining.serving(self._observe())
        with self._closed() as closed:
            evicted = 0 if self.check_mode else self._evict_all(served, closed)
            changed = closed or evicted > 0 or self.check_mode
            return {"changed": changed, "after": self._after(evicted)}

    @contextmanager
    def _closed(self) -> Iterator[bool]:
        """Closed by us, or before. What fails leaves no node closed by us behind it, whatever failed;
        the pods that are elsewhere by then stay there."""
        closed = self._patch(lambda node: nodes.close(node, self.current.incident))
        try:
            if closed and not self.check_mode:
                self._alone()
            yield closed
        except Exception:
            if closed and not self.check_mode:
                self.api.wait_until(time.monotonic() + OPENING_S)
                self._patch(nodes.open_again, locked=False)
            raise

    def _open(self) -> dict[str, Any]:
        try:
            opened = self._patch(nodes.open_again)
        except NotFound:
            opened = False  # it was removed meanwhile, with what we set on it
        return {"changed": opened, "after": {"node": self.name, "cordoned": False}}

    def _after(self, evicted: int) -> dict[str, Any]:
        return {"node": self.name, "cordoned": True, "evicted": evicted}

    def _patch(self, decide: Callable[[Object], Edit | None], locked: bool = True) -> bool:
        """Read, decide, change; in check mode the API server judges it and keeps nothing."""
        for attempt in range(1, TRIES + 1):
            edit = decide(self.api.get(paths.node(self.name)))
            if edit is None:
                return False
            if locked:
                self._confirm()
            try:
                self.api.patch(edit.path, edit.body, edit.form, self.check_mode)
            except Conflict:
                if attempt == TRIES:
                    raise
            else:
                return True
            time.sleep(PAUSE_S)
        return False

    def _alone(self) -> None:
        """Two runs for two services may have closed a node each at the same moment: both step back."""
        every: list[Object] = nodes.all_of(self.api)
        mine = next((node for node in every if nodes.name(node) == self.name), None)
        if mine and (why := nodes.second(every, mine)):
            raise self._stop(why, "refused")

    def _evict_all(self, served: int, closed: bool) -> int:
        evicted, waits = 0, ""
        while True:
            seen = self._observe()
            step = draining.next_step(seen, self.name, self.arguments["minimum"], served)
            if step.done:
                return evicted
            waits = step.waits or waits
            if step.evict is not None:
                try:
                    self._confirm()
                    evict_one(self.api, seen, step.evict)
                    evicted += 1
                except ApiError as error:
                    # A spent disruption budget may have room again in a moment. It is never forced.
                    if error.reason == "forbidden":
                        raise
                    waits = str(error)
            if time.monotonic() + PAUSE_S > self.deadline - PAUSE_S:
                left = len(nodes.on_node(seen, self.name))
                now = "; it is open again" if closed else ""
                raise self._stop(f"{left} pods are still there: {waits}{now}")
            self._confirm()
            time.sleep(PAUSE_S)

    def _observe(self) -> Observed:
        return observed.observe(self.api, {"it": self.section}, time.time())["it"]

    def _confirm(self) -> None:
        if self.arguments["fence"] and not self.check_mode:
            lease = LEASE_S if self.arguments["state"] == "drained" else incident.LEASE_S
            self.confirm_lock(self.current, self.service, lease)
