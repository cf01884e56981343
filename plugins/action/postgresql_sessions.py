# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.errors import Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    LOCKED_OUT,
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["ended"], "required": True},
        "sessions": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "pid": {"type": "int", "required": True},
                "backend_start": {"type": "str", "required": True},
            },
        },
        "fence": {"type": "int", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        params = {
            **self.params(run, service),
            "sessions": self.arguments["sessions"],
            "cap": run.inputs[service]["max_terminate"],
            "dry_run": self.check_mode,
        }

        def end(way: Way) -> dict[str, Any]:
            if not self.check_mode:
                self.confirm_lock(run, service)
            return client.end(way, params, self.execute)

        causes = (*LOCKED_OUT, "insufficient_privilege")
        try:
            after, _way = self.with_break_glass(
                run, service, "end sessions of a server that is full", causes, end
            )
        except Refused as refused:
            raise Stop(
                f"unrecovered: no session was ended: {refused.refusal.message}", "unrecovered"
            ) from None
        return {
            "changed": bool(after["ended"]),
            "after": {key: after[key] for key in ("ended", "skipped")},
            "incident_show": self.shown,
        }
