# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
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
)

MOST = 20


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["analyzed"], "required": True},
        "tables": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "schema": {"type": "str", "required": True},
                "name": {"type": "str", "required": True},
            },
        },
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        analyzed: list[str] = []
        skipped: list[dict[str, str]] = []
        for table in self.arguments["tables"][:MOST]:
            name = f"{table['schema']}.{table['name']}"
            try:
                self._analyze(run, service, table)
                analyzed.append(name)
            except Refused as refused:
                # A table that somebody locks is no reason to leave out the next.
                skipped.append({"table": name, "reason": refused.refusal.message})
        return {
            "changed": bool(analyzed),
            "after": {"analyzed": analyzed, "skipped": skipped},
            "incident_show": self.shown,
        }

    def _analyze(self, run: incident.Run, service: str, table: dict[str, str]) -> None:
        schema, name = table["schema"], table["name"]

        def take(way: Way) -> None:
            before = client.table(way, schema, name, self.execute)
            if before is None:
                raise Refused(Refusal("unknown", "the table is not there any more"))
            # Without the right to, ANALYZE warns, does nothing, and calls that a success.
            if not before["may"]:
                raise Refused(Refusal("insufficient_privilege", f"{way.user} may not analyze it"))
            if not self.check_mode:
                self.confirm_lock(run, service, LEASE_S)
                client.analyze(way, schema, name, self.execute)

        causes = (*LOCKED_OUT, "insufficient_privilege")
        self.with_break_glass(run, service, "take new statistics", causes, take)
