# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "checks": {"type": "list", "elements": "str", "required": True},
        "readings": {"type": "dict", "required": True},
        "stage": {
            "type": "str",
            "choices": ["diagnosis", "under_lock", "verification"],
            "default": "diagnosis",
        },
        "attempt": {"type": "int", "default": 1},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        stage = self.arguments["stage"]
        readings = self.arguments["readings"]
        findings = grading.grade(self.arguments["checks"], readings, run.inputs[service], service)
        for probe, reading in readings.items():
            # Every reading that a change may follow is kept. Of the many of a verification, the findings are.
            if reading and stage != "verification":
                path = run.keep_evidence(service, probe, reading)
                for found in findings:
                    if probe == grading.check(found["check"]).PROBE:
                        found["evidence"] = path
        run.write(
            "findings",
            {"stage": stage, "attempt": self.arguments["attempt"], "findings": findings},
            service,
        )
        show = {"kind": "findings", "service": service, "stage": stage, "findings": findings}
        return {"changed": False, "findings": findings, "incident_show": [show]}
