# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import scenario
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import respite
from ansible_collections.oncall.runbooks.plugins.plugin_utils.diagnosis_action import (
    DIAGNOSIS_OPTIONS,
    DiagnosisAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import FENCE_OPTION


class ActionModule(DiagnosisAction):
    """One attempt: it reads, judges, and waits before the next. Ansible repeats it."""

    SPEC: ClassVar[dict[str, Any]] = {
        **DIAGNOSIS_OPTIONS,
        "entries": {"type": "list", "elements": "dict", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        limits, began = run.inputs[service], boot_clock()
        _findings, step = self.attempt(
            run,
            "verification",
            partial(self._watched, run.scenario),
            limits["hold_seconds"] or 0,
            limits["timeout_seconds"] or 0,
        )
        self.progress(run, service, step.text)
        self.go_on(run, "verification", vars(step.progress), step.done)
        if step.done:
            self.close(run, service, step)
        else:
            # A run that waits is alive: its lease is kept up, or the wait would end in two owners.
            self.lock(run, service).keep(run.run, self.arguments["fence"], incident.LEASE_S)
            self.stay(run, respite(step.pause_s, boot_clock() - began))
        return {"changed": False, "done": step.done, "incident_show": self.shown}

    def _watched(self, name: str, findings: Sequence[Finding]) -> list[Finding]:
        """What justified the changes; and what the scenario wants to see besides."""
        checks = {entry["because"]["check"] for entry in self.arguments["entries"]}
        proof = getattr(scenario(name), "proof", None)
        if proof:
            return list(proof(findings))
        return [f for f in findings if f["check"] in checks and not symptoms.is_beside(f)]
