# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import trial
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import respite
from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import HealthAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop

PAUSE_S = 0.5
HOLD_S, START_S = 10.0, 60.0


class ActionModule(HealthAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "before": {"type": "dict", "required": True},
        "instance": {"type": "str"},
        "judge_health": {"type": "bool", "default": True},
        "hold_seconds": {"type": "float"},
        "start_seconds": {"type": "float"},
    }

    def act(self) -> dict[str, Any]:
        before = self.arguments["before"]
        if self.check_mode:
            return {"changed": False, "reading": before}
        goal = trial.Goal(
            self._patience("hold_seconds", HOLD_S),
            self._patience("start_seconds", START_S),
            self.arguments["instance"],
            before["current"],
        )
        state, service = trial.Trial(boot_clock()), self.arguments["service"]
        while True:
            looked = boot_clock()
            reading = self.workload(service, again=True)
            answer = self.health(service) if self.arguments["judge_health"] else {}
            state = trial.advance(state, reading, answer, goal, boot_clock())
            if state.status == "failed":
                raise Stop(f"unrecovered: {state.text}", "unrecovered")
            if state.done:
                return {"changed": False, "reading": reading}
            self.stay_the_owner()
            time.sleep(respite(PAUSE_S, boot_clock() - looked))

    def _patience(self, name: str, otherwise: float) -> float:
        """The scenario's own, where it has one."""
        run = self.this_run()
        found = self.arguments[name]
        if found is None:
            found = run.inputs.get(run.services.get(self.host, ""), {}).get(name)
        return float(otherwise if found is None else found)
