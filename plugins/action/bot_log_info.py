# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import capture
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import log
from ansible_collections.oncall.runbooks.plugins.plugin_utils import service_log
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bot_action import BotAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BotAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        with self.guarded():
            return {"changed": False, "reading": self._reading(run.services[self.host])}

    def _reading(self, service: str) -> dict[str, Any]:
        """Of a log that cannot be read nothing is known, and nothing is said."""
        bounds = capture.Bounds(log.LINES, log.MINUTES)
        text, _missed = service_log.end_of(service, self.entry(service), bounds, self.reach)
        return log.reading(text, self.bot(service).secrets)
