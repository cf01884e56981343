# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible import context
from ansible_collections.oncall.runbooks.plugins.module_utils import grading, incident
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import scenario
from ansible_collections.oncall.runbooks.plugins.module_utils.gathered import Gathered, gather
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import triage
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import typed
from ansible_collections.oncall.runbooks.plugins.module_utils.triage import kinds
from ansible_collections.oncall.runbooks.plugins.module_utils.triage.ranking import Service
from ansible_collections.oncall.runbooks.plugins.module_utils.triage.suggestion import (
    Playbook,
    command,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
OWN_VARIABLES = ("service", "incident", "approve", "severity")


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "shares": {"type": "dict", "required": True},
        "registered": {"type": "str", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        gathered = gather(run.services, self.arguments["shares"], self._read(run))
        evidence = run.keep_evidence(None, "readings", vars_of(gathered))
        findings = [
            {**found, "evidence": evidence}
            for service, one in gathered.items()
            for found in self._graded(run, service, one)
        ]
        run.write("findings", {"stage": "diagnosis", "attempt": 1, "findings": findings})
        services = [self._service(run, name, one) for name, one in gathered.items()]
        values = next(iter(run.inputs.values()))
        causes = triage.causes(services, findings, values, usable)
        for cause in causes:
            cause["command"] = self._command(run, cause)
        run.write("causes", {"causes": causes})
        return {
            "changed": False,
            "causes": causes,
            "findings": findings,
            "incident_show": [
                {"kind": "catalog", "stage": "diagnosis", "findings": findings},
                {"kind": "causes", "causes": causes, "services": len(services)},
            ],
        }

    def _read(self, run: incident.Run) -> dict[str, Any]:
        """What each host registered. One that was lost has registered nothing, and that is known."""
        hostvars, name = self.task_vars["hostvars"], self.arguments["registered"]
        return {host: hostvars.raw_get(host).get(name) or {} for host in run.services}

    def _graded(self, run: incident.Run, service: str, one: Gathered) -> list[dict[str, Any]]:
        """Each place where the service runs for itself, then the machines that it leads on."""
        entry, inputs = self.entry(service), run.inputs[service]
        found: list[dict[str, Any]] = []
        for place, readings in one.places:
            graded = grading.grade(triage.checks(entry, readings), readings, inputs, service)
            where = f"{place}: " if len(one.places) > 1 else ""
            found += [{**each, "summary": where + each["summary"]} for each in graded]
        for machine in one.looked_at:
            found += grading.grade(["resources"], {"machine": machine}, inputs, service)
        return found or [not_watched(service)]

    def _service(self, run: incident.Run, name: str, one: Gathered) -> Service:
        entry = self.entry(name)
        workloads = [readings.get("workload") or {} for _place, readings in one.places]
        recent = run.inputs[name]["recent_minutes"]
        deployed_s, release = triage.deployment(workloads, time.time(), recent)
        return Service(
            name=name,
            kind=entry["kind"],
            depends_on=kinds.needs(entry),
            machines=one.machines,
            deployed_s=deployed_s,
            release=release,
        )

    def _command(self, run: incident.Run, cause: Mapping[str, Any]) -> str | None:
        if not cause["playbook"]:
            return None
        dropped = [*OWN_VARIABLES, *(spec.name for spec in triage.INPUTS)]
        given = {"service": cause["service"], "incident": run.incident}
        path = PLAYBOOKS / f"{cause['playbook']}.yml"
        other = Playbook(run.scenario, cause["playbook"], str(path))
        return command(typed(sys.argv), context.CLIARGS.get("args") or (), other, dropped, given)


def vars_of(gathered: Mapping[str, Gathered]) -> dict[str, Any]:
    return {service: vars(one) for service, one in gathered.items()}


def not_watched(service: str) -> dict[str, Any]:
    said = "nothing of it can be read: somebody else runs it, and its catalog entry has no health"
    return {
        "check": "workload",
        "service": service,
        **grading.finding("unknown", "not_managed", said),
    }


def usable(playbook: str, kind: str) -> bool:
    """It is there, and for this kind of service: a command to paste must work."""
    if not (PLAYBOOKS / f"{playbook}.yml").is_file():
        return False
    return scenario(playbook).KIND in ("", kind)
