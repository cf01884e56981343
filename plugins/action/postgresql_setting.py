# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    PostgresqlAction,
    purpose,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "name": {"type": "str", "choices": ["max_connections"], "required": True},
        "value": {"type": "int", "required": True},
        "reset": {"type": "bool", "default": False},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        name, value = self.arguments["name"], self.arguments["value"]
        way = self.break_glass(run, service, purpose(f"set {name}", self.check_mode))
        if way is None:
            raise Stop(
                f"refused: {name} is set by a superuser, and no admin connection is configured",
                "refused",
            )
        with self.unrecovered(f"{name} was not set"):
            before = client.setting(way, name, self.execute)
            in_file = None if self.arguments["reset"] else str(value)
            needed = before["setting"] != str(value) or before["in_file"] != in_file
            refuse_broken_files(way, self.execute)
            if needed and not self.check_mode:
                self.confirm_lock(run, service)
                write(way, name, in_file, self.execute)
        return {
            "changed": needed,
            "before": {name: int(before["setting"])},
            "after": {name: value},
            "file": before["file"],
            "line_before": None if before["in_file"] is None else f"{name} = '{before['in_file']}'",
            "diff": {"before": f"{name} = {before['setting']}\n", "after": f"{name} = {value}\n"},
            "incident_show": self.shown,
        }


def refuse_broken_files(way: Way, execute: client.Executor) -> None:
    """The setting takes a restart, and with such a file the server would not come back."""
    for error in client.configuration(way, execute)["errors"]:
        place = f"{error['sourcefile']} line {error['sourceline']}"
        raise Stop(
            f"refused: the server would not start again: {place}: {error['error']}", "refused"
        )


def write(way: Way, name: str, value: str | None, execute: client.Executor) -> None:
    """Without a value, ALTER SYSTEM takes its own line out again."""
    if value is None:
        client.reset_setting(way, name, execute)
    else:
        client.alter_setting(way, name, value, execute)
