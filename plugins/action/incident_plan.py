# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Situation,
    decide,
    scenario,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "findings": {"type": "list", "elements": "dict", "required": True},
        "readings": {"type": "dict", "required": True},
        "stage": {"type": "str", "choices": ["diagnosis", "under_lock"], "default": "diagnosis"},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        rules = scenario(run.scenario)

        def approved(action: str, target: str = service) -> bool:
            return run.approved(action, target)

        lines = incident.lines_of(run.journal.read(), run.run)
        situation = Situation(
            service=service,
            catalog=self.entry(service),
            findings=self.arguments["findings"],
            readings=self.arguments["readings"],
            inputs=run.inputs[service],
            approved=approved,
            journal=[line for line in lines if line["service"] == service],
            promised=promised(lines, service) if self.check_mode else (),
        )
        entries = decide(rules.plan(situation), rules.ACTIONS, run.approve_up_to, approved)
        stage = self.arguments["stage"]
        run.write("plan", {"stage": stage, "entries": entries}, service)
        planned = [entry for entry in entries if entry["status"] == "planned"]
        lock = self.lock(run, service)
        if planned and self.check_mode:
            lock.store.ready()
        return {
            "changed": False,
            "entries": planned,
            "left_behind": lock.left_behind(),
            "incident_show": [
                {"kind": "plan", "service": service, "stage": stage, "entries": entries}
            ],
        }


def promised(lines: Iterable[Mapping[str, Any]], service: str) -> list[str]:
    """The other services for which something is planned."""
    planned = {
        entry["service"]
        for line in lines
        if line["type"] == "plan"
        for entry in line["data"]["entries"]
        if entry["status"] == "planned"
    }
    return sorted(planned - {service})
