# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.errors import (
    Refusal,
    Refused,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import HealthAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    LISTS,
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(HealthAction, PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
    }

    def act(self) -> dict[str, Any]:
        self.this_run()
        service = self.arguments["service"]
        entry = self.entry(service)
        functions, section = self.platform_of(service)
        state = {
            "service": service,
            "workload": functions.read({service: section}, self.reach)[service],
            "health": self.health(service),
            "access": None,
            "slots": None,
        }
        if entry["kind"] == "postgresql":
            state["access"], state["slots"] = self._access(service)
        return {"changed": False, "state": state}

    def _access(self, service: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Does it take us in? The break-glass connection is not for looking at a neighbour."""
        way, refused, version, slots = self.normal_way(service), {}, None, None
        params = {name: list(self.entry(service)["postgresql"].get(name) or []) for name in LISTS}
        try:
            document = client.read(way, ["server", "slots"], params, self.execute)
            version = f"PostgreSQL {document['server']['version_num'] // 10000}"
            slots = {key: document["slots"][key] for key in ("application_slots", "used")}
        except Refused as error:
            refused["normal"] = vars(error.refusal)
        reading = {"user": way.user, "way": "normal", "version": version, "refused": refused}
        return reading, slots

    def execute(self, command: str, stdin: str) -> tuple[int, str, str]:
        try:
            return self.inside(self.arguments["service"], command, stdin)
        except Unreachable as error:
            raise Refused(Refusal("unreachable", str(error))) from None
