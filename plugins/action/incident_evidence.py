# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import redaction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)

LINES_MAX = 1000


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "what": {"type": "str", "required": True},
        "texts": {"type": "dict", "default": {}},
        "message": {"type": "str", "default": ""},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        kept = {
            str(name): redaction.lines(str(text), LINES_MAX)
            for name, text in self.arguments["texts"].items()
        }
        content: dict[str, Any] = {"texts": kept}
        if self.arguments["message"]:
            content["message"] = redaction.excerpt(self.arguments["message"])
        path = run.keep_evidence(service, self.arguments["what"], content)
        return {"changed": False, "path": path}
