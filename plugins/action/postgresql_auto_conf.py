# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import auto_conf
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "name": {"type": "str", "choices": ["max_connections"], "required": True},
        "file": {"type": "str", "required": True},
        "line": {"type": "str"},
    }

    def act(self) -> dict[str, Any]:
        if self.check_mode:
            return {"changed": True}
        service = self.this_run().services[self.host]
        file, name = self.arguments["file"], self.arguments["name"]
        try:
            command = auto_conf.restore(file, name, self.arguments["line"])
            done = self.on_files(service, command)
        except (Unreachable, ValueError) as error:
            raise Stop(f"unrecovered: {file} was not put right: {error}", "unrecovered") from None
        if done.rc != 0:
            said = (done.stderr.strip() or f"exit status {done.rc}").splitlines()[-1][:200]
            raise Stop(f"unrecovered: {file} was not put right: {said}", "unrecovered")
        return {"changed": True}
