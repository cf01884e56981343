# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident, settling
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    observed,
    rollout,
    state,
    verbs,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Conflict,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs import (
    evictions,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.verbs.edit import (
    Edit,
    Refused,
    Wanted,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop

PAUSE_S = 1.0
# An object that somebody else writes at the same moment is read and judged again.
TRIES = 4
# How long a spent disruption budget is waited for.
PASSING_S = 10.0


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "verb": {"type": "str", "choices": list(verbs.NAMES), "required": True},
        "incident": {"type": "str", "default": ""},
        "release": {"type": "str", "default": ""},
        "replicas": {"type": "int", "default": 0},
        "environment": {"type": "dict", "default": {}, "no_log": True},
        "limits": {
            "type": "dict",
            "default": {},
            "options": {"memory_bytes": {"type": "int"}, "cpus": {"type": "float"}},
        },
        "timeout_seconds": {"type": "float", "default": 300.0},
        "fence": {"type": "int", "default": 0},
    }

    def act(self) -> dict[str, Any]:
        self.touched = False
        self.deadline = time.monotonic() + self.arguments["timeout_seconds"]
        _platform, self.section = self.platform_of(self.arguments["service"])
        try:
            self.api = self.clusters.api(self.section)
            before, edits = self._change()
            after = before
            if edits and not self.check_mode:
                self.api.wait_until(self.deadline)
                after = self._settled(before)
        except Refused as refused:
            raise self._stop(str(refused), "refused") from None
        except ApiError as error:
            unwilling = error.reason == "forbidden" and not self.touched
            outcome = "refused" if unwilling else "error"
            raise self._stop(str(error), outcome) from None
        return {
            "changed": bool(edits),
            "before": settling.told(state.of(before)),
            "after": settling.told(state.of(after)),
        }

    def _stop(self, why: str, outcome: str) -> Stop:
        return Stop(f"{outcome}: {self.arguments['service']}: {why}", outcome)

    def _wanted(self) -> Wanted:
        names = ("incident", "release", "replicas", "environment")
        given = {name: self.arguments[name] for name in names}
        return Wanted(
            **given, limits=limits(self._task.args.get("limits"), self.arguments["limits"])
        )

    def _change(self) -> tuple[Observed, list[Edit]]:
        """Read, decide, patch. In check mode the API server judges the patch and keeps nothing."""
        wanted, began = self._wanted(), time.monotonic()
        conflicts = 0
        while True:
            seen = self._observe()
            try:
                edits = verbs.edits(self.arguments["verb"], seen, wanted)
                if edits:
                    self._confirm()
                for edit in edits:
                    self.api.patch(edit.path, edit.body, edit.form, self.check_mode)
                    self.touched = not self.check_mode
            except Conflict:
                conflicts += 1
                if conflicts == TRIES:
                    raise
            except Refused as refused:
                waited = time.monotonic() - began
                if not refused.later or self.check_mode or waited > PASSING_S:
                    raise
            else:
                return seen, edits
            time.sleep(PAUSE_S)

    def _confirm(self) -> None:
        """The lock is held until it has waited."""
        run = self.this_run()
        if self.arguments["fence"] and not self.check_mode:
            lease = self.arguments["timeout_seconds"] + incident.LEASE_S
            self.confirm_lock(run, run.services[self.host], lease)

    def _observe(self) -> Observed:
        return observed.observe(self.api, {"it": self.section}, time.time())["it"]

    def _settled(self, before: Observed) -> Observed:
        """Wait until the cluster has done it; an API server that is away for a moment is waited for, too."""
        text = "the cluster did not answer"
        while time.monotonic() < self.deadline:
            time.sleep(PAUSE_S)
            try:
                seen = self._observe()
                text = self._missing(seen)
                if not text:
                    return seen
                why = rollout.failed(seen, before.workload or {})
                if why:
                    raise self._unrecovered(why)
                # While only the first pod is to be new, the others stay, whatever they are like.
                if self.arguments["verb"] != "deploy":
                    evictions.evict(self.api, seen)
                text += because(seen)
            except ApiError as error:
                text = str(error)
        raise self._unrecovered(f"after {self.arguments['timeout_seconds']:.0f} s {text}")

    def _unrecovered(self, why: str) -> Stop:
        return self._stop(f"{self.arguments['verb']}: {why}", "unrecovered")

    def _missing(self, seen: Observed) -> str:
        if seen.workload is None:
            return "it is gone"
        verb, there = self.arguments["verb"], seen.workload["spec"]["replicas"]
        # Where an autoscaler sets the number, it does so a moment later.
        if verb == "scale" and there < self.arguments["replicas"]:
            return f"its autoscaler asks for {there} pods"
        if verb == "stop" and seen.pods:
            return f"{len(seen.pods)} pods are still there"
        if verb == "deploy":
            return rollout.first_missing(seen)
        # It stands still, with pods of two releases.
        return "" if verb == "deploy_hold" else rollout.missing(seen.workload)


def because(seen: Observed) -> str:
    """What stands in the way, as the reading tells it."""
    told = state.of(seen)["conditions"]
    return f"; {told[0]['message']}" if told else ""


def limits(raw: Any, checked: Mapping[str, Any]) -> dict[str, float | None]:
    """A limit that was not named stays; Ansible's own check fills it in as null."""
    given = raw if isinstance(raw, Mapping) else checked
    return {name: checked.get(name) for name in ("memory_bytes", "cpus") if name in given}
