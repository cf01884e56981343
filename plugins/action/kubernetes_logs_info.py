# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    logs,
    paths,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "lines": {"type": "int", "required": True},
    }

    def act(self) -> dict[str, Any]:
        service = self.arguments["service"]
        _platform, section = self.platform_of(service)
        try:
            api = self.clusters.api(section)
            workload = api.get(paths.workload(section))
            found = logs.of(api, workload, section, self.arguments["lines"])
        except ApiError as error:
            outcome = "refused" if error.reason == "forbidden" else "error"
            raise Stop(f"{outcome}: {service}: {error}", outcome) from None
        return {"changed": False, "before": {}, "after": {"logs": found}}
