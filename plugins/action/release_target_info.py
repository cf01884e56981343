# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "workload": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run, known = self.this_run(), self.arguments["workload"]
        service = run.services[self.host]
        wanted = run.inputs[service]["release"]
        # Of a service that cannot be read nothing is known; that is said already.
        if known["refused"]:
            return {"changed": False, "reading": {}}
        functions, section = self.platform_of(service)
        try:
            reading = functions.target(section, wanted, known, self.reach)
        except Unreachable as error:
            reading = target.refused("not_read", str(error))
        return {"changed": False, "reading": reading}
