# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "read": {"type": "list", "elements": "dict"},
    }

    def act(self) -> dict[str, Any]:
        own = self.this_run().services[self.host]
        needs = dependencies.closure(own, self.entry)
        wanted = [
            {"service": name, "host": host}
            for name in needs
            if name != own
            for host in self.hosts_of(name)
        ]
        states: dict[str, list[Any]] = {one["service"]: [] for one in wanted}
        for result in self.arguments["read"] or []:
            # One whose host was lost has no state: nothing is known of it.
            if "state" in result:
                states[result["state"]["service"]].append(result["state"])
        reading = {"service": own, "needs": needs, "states": states}
        return {
            "changed": False,
            "dependencies": wanted,
            "depth": dependencies.depth(own, needs),
            "reading": reading,
        }
