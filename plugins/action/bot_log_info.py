# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import capture, catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import log
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bot_action import BotAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BotAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        with self.guarded():
            return {"changed": False, "reading": self._reading(run.services[self.host])}

    def _reading(self, service: str) -> dict[str, Any]:
        entry, bounds = self.entry(service), capture.Bounds(log.LINES, log.MINUTES)
        sections = {service: catalog.section(entry)}
        sources = capture.sources(entry["platform"], sections, bounds)
        commands = [one.command for one in sources if one.what == "log" and one.service == service]
        if not commands:
            return dict(log.NOTHING)
        try:
            done = self.shell(f"sh -c {shlex.quote(commands[0])} 2>&1 </dev/null")
        except Unreachable:
            return dict(log.NOTHING)
        return log.reading(done.stdout, self.bot(service).secrets)
