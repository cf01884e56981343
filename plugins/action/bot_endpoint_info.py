# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.health import reading
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import endpoint
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import cleaned
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bot_action import BotAction, polls
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BotAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "history": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        if polls(self.arguments["history"]):
            return {"changed": False, "reading": reading.not_configured()}
        with self.guarded():
            return {"changed": False, "reading": self._reading(run.services[self.host])}

    def _reading(self, service: str) -> dict[str, Any]:
        bot = self.bot(service)
        try:
            return endpoint.asked(bot, self.shell)
        except Unreachable as error:
            address = cleaned(bot.endpoint.url, bot.secrets)
            health = Health("host", address, (), (), "", bot.endpoint.seconds)
            return reading.unreachable(health, str(error))
