# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from functools import partial
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import change
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bot_action import BotAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

BUDGET_S = 40


class ActionModule(BotAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": [*change.STATES], "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service, state = run.services[self.host], self.arguments["state"]
        with self.guarded():
            bot = self.bot(service)
            wish = change.Wish(state, None if state == "absent" else bot.settings)
            confirm = partial(self.confirm_lock, run, service)
            try:
                result = change.carry_out(
                    bot.api(BUDGET_S), wish, self.check_mode, time.time, bot.secrets, confirm
                )
            except change.Failed as error:
                outcome = "refused" if error.untouched else "unrecovered"
                raise Stop(f"{outcome}: {error}", outcome) from None
        shown = result["after"] or change.diff(result, wish, bot.secrets)["after"]
        kept = ("url", "max_connections", "pending_update_count", "last_error")
        return {
            "changed": result["changed"],
            "after": {key: shown[key] for key in kept if key in shown},
            "diff": change.diff(result, wish, bot.secrets),
        }
