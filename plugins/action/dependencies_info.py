# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies, shares
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION
from ansible_collections.oncall.runbooks.plugins.plugin_utils.shares_action import SharesAction


class ActionModule(SharesAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "read": {"type": "list", "elements": "dict"},
    }

    def act(self) -> dict[str, Any]:
        own = self.this_run().services[self.host]
        needs = dependencies.closure(own, self.entry)
        others = [name for name in needs if name != own]
        leading = [self.leading(host, name) for name in others for host in self.hosts_of(name)]
        states: dict[str, list[Any]] = {name: [] for name in others}
        for result in self.arguments["read"] or []:
            # Those whose host was lost have no state: nothing is known of them.
            for state in result.get("states", ()):
                states[state["service"]].append(state)
        reading = {"service": own, "needs": needs, "states": states}
        return {
            "changed": False,
            "dependencies": [
                {"host": host, "services": services} for host, services in shares.by_place(leading)
            ],
            "depth": dependencies.depth(own, needs),
            "reading": reading,
        }
