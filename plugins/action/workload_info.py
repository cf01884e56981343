# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "services": {"type": "list", "elements": "str", "default": []},
        "again": {"type": "bool", "default": False},
    }

    def act(self) -> dict[str, Any]:
        own = self.this_run().services.get(self.host, self.host)
        names = self.arguments["services"] or [own]
        kinds = {self.entry(name)["platform"] for name in names}
        if len(kinds) != 1:
            raise InputError(
                f"services: got {', '.join(names)}, which run on {', '.join(sorted(kinds))}; allowed are "
                f"services of one platform; for example services: [{own}]"
            )
        readings = self.workloads(names, self.arguments["again"])
        return {"changed": False, "reading": readings.get(own, {}), "readings": readings}
