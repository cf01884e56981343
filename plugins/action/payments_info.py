# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.payments_action import PaymentsAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(PaymentsAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION, "chain": {"type": "dict", "required": True}}

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        reading = self.payments(service, self.arguments["chain"]["nodes"])
        return {"changed": False, "reading": reading, "incident_show": self.shown}
