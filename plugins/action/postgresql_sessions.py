# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    LOCKED_OUT,
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
)

PAUSE_S = 0.25


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["ended", "stopped"], "required": True},
        "sessions": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "pid": {"type": "int", "required": True},
                "backend_start": {"type": "str", "required": True},
            },
        },
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        with self.unrecovered("no session was ended"):
            after = self._ended(run, service)
        signalled = [name for name in ("cancelled", "ended") if after.get(name)]
        return {"changed": bool(signalled), "after": after, "incident_show": self.shown}

    def _ended(self, run: incident.Run, service: str) -> dict[str, Any]:
        if self.arguments["state"] == "stopped":
            return self._stopped(run, service)
        answer = self._signal(run, service, self.arguments["sessions"])
        return {key: answer[key] for key in ("ended", "skipped")}

    def _stopped(self, run: incident.Run, service: str) -> dict[str, Any]:
        """Cancelled first; what still keeps others waiting, or still runs, after the grace is ended."""
        asked = self.arguments["sessions"]
        first = self._signal(run, service, asked, rule="offends", step="stop")
        cancelled = [one for one in first["ended"] if one["signal"] == "cancel"]
        after = {
            "cancelled": cancelled,
            "ended": [one for one in first["ended"] if one["signal"] == "terminate"],
            "skipped": first["skipped"],
        }
        pids = {one["pid"] for one in cancelled}
        left = [one for one in asked if one["pid"] in pids]
        if left and not self.check_mode:
            left = self._after_grace(run, service, left)
        if left and not self.check_mode:
            last = self._signal(run, service, left, rule="offends")
            after["ended"] += last["ended"]
        return after

    def _after_grace(
        self, run: incident.Run, service: str, left: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Those that go on all the same; nobody is waited for longer than it takes."""
        until = time.monotonic() + run.inputs[service]["grace_seconds"]
        while left:
            answer = self._signal(run, service, left, rule="offends", dry_run=True)
            going_on = {one["pid"] for one in answer["ended"]}
            left = [one for one in left if one["pid"] in going_on]
            if time.monotonic() >= until:
                break
            self.stay(run, PAUSE_S)
        return left

    def _signal(
        self, run: incident.Run, service: str, sessions: list[dict[str, Any]], **how: Any
    ) -> dict[str, Any]:
        params = {
            **self.params(run, service),
            "sessions": sessions,
            "cap": run.inputs[service]["max_terminate"],
            "dry_run": self.check_mode,
            **how,
        }

        def end(way: Way) -> dict[str, Any]:
            if not params["dry_run"]:
                self.confirm_lock(run, service)
            return client.end(way, params, self.execute)

        causes = (*LOCKED_OUT, "insufficient_privilege")
        answer, _way = self.with_break_glass(run, service, "end sessions", causes, end)
        return answer
