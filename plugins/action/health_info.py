# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import HealthAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(HealthAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "services": {"type": "list", "elements": "str", "default": []},
    }

    def act(self) -> dict[str, Any]:
        own = self.this_run().services.get(self.host, self.host)
        readings = {name: self.health(name) for name in self.arguments["services"] or [own]}
        return {"changed": False, "reading": readings.get(own, {}), "readings": readings}
