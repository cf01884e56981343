# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.diagnosis_action import (
    DIAGNOSIS_OPTIONS,
    DiagnosisAction,
)


class ActionModule(DiagnosisAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **DIAGNOSIS_OPTIONS,
        "dependencies": {"type": "list", "elements": "dict", "default": []},
        "stage": {
            "type": "str",
            "choices": ["diagnosis", "under_lock", "verification"],
            "default": "diagnosis",
        },
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        readings = self.read(run, dependencies=self.arguments["dependencies"])
        findings = self.grade(run, readings, self.arguments["stage"])
        return {
            "changed": False,
            "readings": readings,
            "findings": findings,
            "incident_show": self.shown,
        }
