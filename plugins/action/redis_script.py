# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Fault
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

WHAT = ("script", "function")


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["killed"], "required": True},
        "what": {"type": "str", "choices": [*WHAT], "default": "script"},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service, what = run.services[self.host], self.arguments["what"]
        with self.unrecovered(f"the {what} was not ended"):
            answers = self.ask(service, [("PING",)])
            busy = isinstance(answers[0], Fault) and answers[0].text.startswith("BUSY")
            if busy and not self.check_mode:
                self.confirm_lock(run, service)
                busy = self._kill(service, what)
        return {
            "changed": busy,
            "after": {"summary": f"the {what} {'was' if busy else 'had'} ended"},
        }

    def _kill(self, service: str, what: str) -> bool:
        """The server judges, at once with the end of it, whether anything was written."""
        (answer,) = self.ask(service, [(what.upper(), "KILL")])
        if not isinstance(answer, Fault):
            return True
        if answer.text.startswith("NOTBUSY"):
            return False
        if answer.text.startswith("UNKILLABLE"):
            raise Stop(
                f"refused: the {what} has written, so the server does not end it: it ends by itself, or with the loss "
                "of what was not saved (never done from here)",
                "refused",
            )
        raise Refused(classify(answer.text))
