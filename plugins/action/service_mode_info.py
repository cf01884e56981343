# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.services import modes
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "mode": {"type": "str", "choices": [*modes.MODES], "required": True},
    }

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        name = self.arguments["mode"]
        commands = self.entry(service).get("commands") or {}
        argv = commands.get(modes.MODES[name].status)
        if not argv:
            message = f"the catalog has no command {modes.MODES[name].status} for {service}"
            return {"changed": False, "reading": modes.unreadable(name, message)}
        try:
            done = self.inside(service, shlex.join(argv))
            flight = commands.get("in_flight")
            counted = self.inside(service, shlex.join(flight)).stdout if flight else ""
        except Unreachable as error:
            return {"changed": False, "reading": modes.unreadable(name, str(error))}
        output = done.stdout or done.stderr
        return {"changed": False, "reading": modes.reading(name, done.rc, output, counted)}
