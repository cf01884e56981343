# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions share that read a service by its probes: each is an action of its own, run in this one's process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import decision, incident
from ansible_collections.oncall.runbooks.plugins.module_utils.probes import probe
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RunbookAction,
    Stop,
)


class ProbeAction(RunbookAction):
    def probed(self, run: incident.Run, name: str, readings: Mapping[str, Any], **more: Any) -> Any:
        """Its reading; `readings` are those of the probes before it, some of which it may need."""
        needed = {need: readings[need] for need in probe(name).needs}
        options = decision.probe_options(run.scenario, name)
        return self._reading_of(probe(name).action, {**options, **more, **needed})

    def _reading_of(self, name: str, options: Mapping[str, Any]) -> Any:
        task = self._task.copy()
        task.args = {"run": self.arguments["run"], **options}
        action = self._shared_loader_obj.action_loader.get(
            f"oncall.runbooks.{name}",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        result = action.run(task_vars=self.task_vars)
        if result.get("failed"):
            raise Stop(result["msg"], result.get("outcome", "error"))
        self.shown += result.get("incident_show", [])
        return result["reading"]
