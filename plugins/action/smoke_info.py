# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION
from ansible_collections.oncall.runbooks.plugins.plugin_utils.smoke_action import SmokeAction


class ActionModule(SmokeAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        return {"changed": False, "reading": self.smoke(service)}
