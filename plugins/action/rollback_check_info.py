# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.services import releases
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "workload": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        entry = self.entry(service)
        argv = (entry.get("commands") or {}).get("rollback_check")
        readings = {"workload": self.arguments["workload"]}
        inputs = run.inputs[service]
        target = releases.chosen(Situation(service, entry, [], readings, inputs, bool))
        if not argv or target is None:
            return {"changed": False, "reading": {"asked": False, "refused": ""}}
        command = shlex.join([*argv, str(self.arguments["workload"]["current"]), target["name"]])
        try:
            done = self.inside(service, command)
        except Unreachable as error:
            return {"changed": False, "reading": {"asked": True, "refused": str(error)}}
        said = excerpt(done.stderr or done.stdout) or f"status {done.rc}"
        return {"changed": False, "reading": {"asked": True, "refused": said if done.rc else ""}}
