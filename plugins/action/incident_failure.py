# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "task": {"type": "str", "required": True},
        "result": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        result = self.arguments["result"]
        # Only our own messages are known to hold no secret; of another module's, its task is named.
        own = "outcome" in result
        message = (
            str(result["msg"])
            if own
            else f"the task '{self.arguments['task']}' failed; run again with -v to see why"
        )
        data = {
            "task": self.arguments["task"],
            "message": message,
            "outcome": result.get("outcome", "error"),
        }
        run.write("failure", data, run.services[self.host])
        return {"changed": False}
