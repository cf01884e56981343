# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refusal,
    Refused,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    LOCKED_OUT,
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["rebuilt"], "required": True},
        "schema": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        schema, name = self.arguments["schema"], self.arguments["name"]
        begun = False

        def rebuild(way: Way) -> dict[str, Any]:
            nonlocal begun
            before = client.index(way, schema, name, self.execute)
            if before is None:
                raise Refused(Refusal("unknown", "the index is not there any more"))
            if not before["may"]:
                raise Refused(Refusal("insufficient_privilege", f"{way.user} may not rebuild it"))
            if self.check_mode:
                return before
            self.confirm_lock(run, service, LEASE_S)
            begun = True
            client.reindex(way, schema, name, self.execute)
            return client.index(way, schema, name, self.execute) or {}

        causes = (*LOCKED_OUT, "insufficient_privilege")
        try:
            after, _way = self.with_break_glass(run, service, "rebuild an index", causes, rebuild)
        except Refused as refused:
            left = (
                f"; when {name}_ccnew is there now, drop it: DROP INDEX CONCURRENTLY {schema}.{name}_ccnew"
                if begun
                else ""
            )
            raise Stop(
                f"unrecovered: the index was not rebuilt: {refused.refusal.message}{left}",
                "unrecovered",
            ) from None
        return {
            "changed": True,
            "after": {"valid": after.get("valid"), "bytes": after.get("bytes")},
            "incident_show": self.shown,
        }
