# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies, incident
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.services.symptoms import proof
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import Progress, advance
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "findings": {"type": "list", "elements": "dict", "required": True},
        "needs": {"type": "dict", "required": True},
        "progress": {"type": "dict", "default": {}},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        if not self._may_come_back(run, service):
            return {"changed": False, "done": True, "progress": {}}
        now = boot_clock()
        given = self.arguments["progress"]
        if not given:  # what is known of it is from before that change
            return {"changed": False, "done": False, "progress": vars(Progress(now, attempts=1))}
        before = Progress(**given)
        grace = run.inputs[service]["grace_seconds"]
        step = advance(before, proof(self.arguments["findings"]), now, 0, grace)
        if not step.done:
            time.sleep(step.pause_s)
        show = {
            "kind": "progress",
            "service": service,
            "elapsed_s": time.time() - run.started_at,
            "text": step.text,
        }
        return {
            "changed": False,
            "done": step.done,
            "progress": vars(step.progress),
            "incident_show": [show],
        }

    def _may_come_back(self, run: incident.Run, service: str) -> bool:
        """By itself: when this run changed something that it needs."""
        below = dependencies.below(service, self.arguments["needs"])
        lines = incident.lines_of(run.journal.read(), run.run)
        return any(line["type"] == "change_made" and line["service"] in below for line in lines)
