# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.services import modes
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "mode": {"type": "str", "choices": [*modes.MODES], "required": True},
        "state": {"type": "str", "choices": [modes.ENTERED, modes.LEFT], "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        mode, wanted = modes.MODES[self.arguments["mode"]], self.arguments["state"]
        before = self._state(service, mode)
        if before == wanted:
            return {"changed": False, "after": {"state": wanted}}
        if self.check_mode:
            return {"changed": True, "after": {"state": wanted}}
        self.confirm_lock(run, service)
        name = mode.enter if wanted == modes.ENTERED else mode.leave
        done = self._command(service, name)
        if done.rc:
            said = excerpt(done.stderr or done.stdout)
            raise Stop(
                f"unrecovered: the command {name} ended with {done.rc}: {said}", "unrecovered"
            )
        after = self._state(service, mode)
        if after != wanted:
            told = f"{mode.status} tells {after} afterwards"
            raise Stop(f"unrecovered: the command {name} succeeded, but {told}", "unrecovered")
        return {"changed": True, "after": {"state": after}}

    def _state(self, service: str, mode: modes.Mode) -> str:
        done = self._command(service, mode.status)
        return modes.state_told(mode, done.rc, done.stdout or done.stderr)

    def _command(self, service: str, name: str) -> Any:
        argv = (self.entry(service).get("commands") or {}).get(name)
        if not argv:
            raise Stop(f"refused: the catalog has no command {name} for {service}", "refused")
        try:
            return self.inside(service, shlex.join(argv))
        except Unreachable as error:
            raise Stop(f"unrecovered: {error}", "unrecovered") from None
