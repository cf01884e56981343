# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.services import modes, payouts
from ansible_collections.oncall.runbooks.plugins.plugin_utils.payments_action import PaymentsAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)


class ActionModule(PaymentsAction):
    """Each time, what the plan was made of is read again: it may be minutes old, and money is not."""

    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "work": {"type": "str", "choices": [*payouts.WORK], "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run, work = self.this_run(), self.arguments["work"]
        service = run.services[self.host]
        if self.check_mode:
            return {"changed": True, "after": {}}
        state = self._mode(service)
        before = self.payments(service, self.node_readings(service))
        why = payouts.against(work, before, state)
        if why:
            raise Stop(f"refused: {why}", "refused")
        if work == "resume" and state == modes.LEFT:
            return {"changed": False, "after": {"state": state}}
        self.confirm_lock(run, service)
        self._command(service, work)
        return {"changed": True, "after": self._after(service, work)}

    def _after(self, service: str, work: str) -> dict[str, Any]:
        """What is told afterwards counts, not that the command succeeded."""
        if work == "resume":
            told = self._mode(service)
            if told != modes.LEFT:
                said = f"the command resume succeeded, but status tells {told}"
                raise Stop(f"unrecovered: {said}", "unrecovered")
            return {"state": told}
        after = self.payments(service, self.node_readings(service))
        if after["message"]:
            raise Stop(f"unrecovered: {after['message']}", "unrecovered")
        return dict(after["groups"])

    def _mode(self, service: str) -> str:
        mode = modes.MODES["processing"]
        done = self._run(service, mode.status)
        return modes.state_told(mode, done.rc, done.stdout or done.stderr)

    def _command(self, service: str, work: str) -> None:
        done = self._run(service, work)
        if done.rc:
            said = excerpt(done.stderr or done.stdout)
            raise Stop(
                f"unrecovered: the command {work} ended with {done.rc}: {said}", "unrecovered"
            )

    def _run(self, service: str, name: str) -> Any:
        argv = (self.entry(service).get("commands") or {}).get(name)
        if not argv:
            raise Stop(f"refused: the catalog has no command {name} for {service}", "refused")
        try:
            return self.inside(service, shlex.join(argv))
        except Unreachable as error:
            raise Stop(f"unrecovered: {error}", "unrecovered") from None
