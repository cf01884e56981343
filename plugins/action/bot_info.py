# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import look, webhook
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.entry import Bot
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bot_action import BotAction, polls
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

# A reading does not wait for long; what Telegram asks to wait for is told instead.
PATIENCE_S = 10
KEPT = "telegram"


class ActionModule(BotAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "history": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        with self.guarded():
            reading = self._reading(self.bot(run.services[self.host]))
        reading["expected"] = "polling" if polls(self.arguments["history"]) else "webhook"
        reading["earlier"] = self.so_far(run, KEPT) or None
        if reading["webhook"]:
            pending = {"pending": reading["webhook"]["pending_update_count"]}
            self.go_on(run, KEPT, pending, done=False)
        return {"changed": False, "reading": reading}

    def _reading(self, bot: Bot) -> dict[str, Any]:
        shown = webhook.visible(bot.settings, bot.secrets)
        nothing: dict[str, Any] = {"bot": None, "webhook": None, "differences": []}
        try:
            found = look.at(bot.api(PATIENCE_S), time.time(), bot.secrets, bot.settings)
        except Refused as error:
            return {**nothing, "refused": vars(error.refusal), "url": shown["url"]}
        return {**found, "refused": None, "url": shown["url"]}
