# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import scenario
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import Progress, advance
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "findings": {"type": "list", "elements": "dict", "required": True},
        "entries": {"type": "list", "elements": "dict", "required": True},
        "fence": {"type": "int", "required": True},
        "progress": {"type": "dict", "default": {}},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        limits = run.inputs[service]
        # A wall clock that jumps would end the wait, or prolong it.
        now = boot_clock()
        watched = self._watched(run.scenario)
        before = (
            Progress(**self.arguments["progress"])
            if self.arguments["progress"]
            else Progress(started=now)
        )
        step = advance(
            before, watched, now, limits["hold_seconds"] or 0, limits["timeout_seconds"] or 0
        )
        elapsed = time.time() - run.started_at
        show: list[dict[str, Any]] = [
            {"kind": "progress", "service": service, "elapsed_s": elapsed, "text": step.text}
        ]
        if step.done:
            show.append(self._close(run, service, step))
        else:
            # A run that waits is alive: its lease is kept up, or the wait would end in two owners.
            self.lock(run, service).keep(run.run, self.arguments["fence"], incident.LEASE_S)
            time.sleep(step.pause_s)
        return {
            "changed": False,
            "done": step.done,
            "progress": vars(step.progress),
            "incident_show": show,
        }

    def _watched(self, name: str) -> list[dict[str, Any]]:
        """What justified the changes; and what the scenario wants to see besides."""
        findings = self.arguments["findings"]
        checks = {entry["because"]["check"] for entry in self.arguments["entries"]}
        proof = getattr(scenario(name), "proof", None)
        if proof:
            return list(proof(findings))
        return [finding for finding in findings if finding["check"] in checks]

    def _close(self, run: incident.Run, service: str, step: Any) -> dict[str, Any]:
        progress = step.progress
        ago = None if progress.first_healthy is None else boot_clock() - progress.first_healthy
        first = None if ago is None else time.time() - ago
        data = {
            "status": step.status,
            "attempts": progress.attempts,
            "first_healthy_at": None if first is None else stamp(first),
            "held_s": round(progress.held_s, 3),
        }
        run.write("verification", data, service)
        to_healthy = None if first is None else round(first - run.started_at, 3)
        return {
            "kind": "verified",
            "service": service,
            **data,
            "time_to_healthy_s": to_healthy,
            "text": step.text,
        }
