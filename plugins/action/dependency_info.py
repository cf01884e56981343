# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refused,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.asked_once import AskedOnce
from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import HealthAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    LISTS,
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(AskedOnce, HealthAction, PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "services": {"type": "list", "elements": "str", "required": True},
    }

    def act(self) -> dict[str, Any]:
        self.this_run()
        services = self.arguments["services"]
        workloads, healths = self.workloads(services), self.healths(services)
        states = []
        for name in services:
            is_database = self.entry(name)["kind"] == "postgresql"
            access, slots = self._access(name) if is_database else (None, None)
            states.append(
                {
                    "service": name,
                    "workload": workloads[name],
                    "health": healths[name],
                    "access": access,
                    "slots": slots,
                }
            )
        return {"changed": False, "states": states}

    def _access(self, service: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Does it take us in? The break-glass connection is not for looking at a neighbour."""
        way, refused, version, slots = self.normal_way(service), {}, None, None
        params = {name: list(self.entry(service)["postgresql"].get(name) or []) for name in LISTS}
        try:
            document = client.read(
                way,
                ["server", "slots"],
                params,
                partial(self.executed, service),
            )
            version = f"PostgreSQL {document['server']['version_num'] // 10000}"
            slots = {key: document["slots"][key] for key in ("application_slots", "used")}
        except Refused as error:
            refused["normal"] = vars(error.refusal)
        reading = {"user": way.user, "way": "normal", "version": version, "refused": refused}
        return reading, slots
