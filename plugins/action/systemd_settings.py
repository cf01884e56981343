# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import systemd
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd import drop_in
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "environment": {"type": "dict", "default": {}, "no_log": True},
        "limits": {
            "type": "dict",
            "default": {},
            "options": {"memory_bytes": {"type": "int"}, "cpus": {"type": "float"}},
        },
    }

    def act(self) -> dict[str, Any]:
        service = self.arguments["service"]
        _functions, section = self.platform_of(service)
        unit, scope = systemd.unit_name(section["unit"]), systemd.place(section)
        if not unit.endswith(".service"):
            raise Stop(f"refused: {unit} runs nothing that could be limited", "refused")
        environment = self.arguments["environment"]
        limits = self._named_limits()
        script = drop_in.script(unit, scope, environment, limits, self.check_mode)
        try:
            done = self.shell(script, drop_in.lines(environment, limits))
        except Unreachable as error:
            raise Stop(f"unrecovered: {service}: {error}", "unrecovered") from None
        told = drop_in.told(*done)
        if told.stale:
            raise Stop(f"refused: {why_stale(told.stale)}", "refused")
        if told.failed:
            raise Stop(
                f"unrecovered: the settings of {unit} were not changed: {told.failed}",
                "unrecovered",
            )
        return {"changed": told.changed, "unit": unit}

    def _named_limits(self) -> dict[str, Any]:
        """The validation fills in null for what was not named, and here null is an order."""
        named = self._task.args.get("limits") or {}
        return {name: value for name, value in self.arguments["limits"].items() if name in named}


def why_stale(units: tuple[str, ...]) -> str:
    return (
        f"a daemon-reload would make changes count that nobody has loaded yet, of {', '.join(units[:5])}; "
        "review them, then systemctl daemon-reload, and run this again"
    )
