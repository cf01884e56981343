# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.nodes_action import NodesAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(NodesAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        entry = self.entry(service)["postgresql"]
        names = [service, *(entry.get("standbys") or [])]
        reading = {
            "primary": service,
            "synchronous": list(entry.get("synchronous") or []),
            "nodes": {name: self.node(name) for name in names},
        }
        return {"changed": False, "reading": reading}
