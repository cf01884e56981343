# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies, incident
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import estimate, scenario
from ansible_collections.oncall.runbooks.plugins.plugin_utils.diagnosis_action import (
    DIAGNOSIS_OPTIONS,
    DiagnosisAction,
)


class ActionModule(DiagnosisAction):
    """One attempt: it reads, judges, and waits before the next. Ansible repeats it."""

    SPEC: ClassVar[dict[str, Any]] = {
        **DIAGNOSIS_OPTIONS,
        "needs": {"type": "dict", "required": True},
        "findings": {"type": "list", "elements": "dict", "default": []},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        rules: Any = scenario(run.scenario)
        coming_back = getattr(rules, "coming_back", None)
        found, grace = self.arguments["findings"], run.inputs[service]["grace_seconds"]
        hopeful = coming_back(found) if coming_back else self._may_come_back(run, service)
        # What is not over in time anyway, is told and not waited for.
        if not hopeful or (estimate(run.scenario, found) or 0) > grace:
            return {"changed": False, "done": True, "waited": False}
        findings, step = self.attempt(run, "patience", rules.proof, 0, grace)
        # What ends its way back otherwise, as by a crash, is not waited for any longer.
        done = step.done or bool(coming_back and not coming_back(findings))
        self.progress(run, service, step.text)
        self.go_on(run, "patience", vars(step.progress), done)
        if not done:
            self.stay(run, step.pause_s)
        elif step.progress.took_s is not None:
            # What was foretold is held against what came.
            self.close(run, service, step)
        return {"changed": False, "done": done, "waited": True, "incident_show": self.shown}

    def _may_come_back(self, run: incident.Run, service: str) -> bool:
        """By itself: when this run changed something that it needs."""
        below = dependencies.below(service, self.arguments["needs"])
        lines = incident.lines_of(run.journal.read(), run.run)
        return any(line["type"] == "change_made" and line["service"] in below for line in lines)
