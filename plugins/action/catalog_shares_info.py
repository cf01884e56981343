# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import shares
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION
from ansible_collections.oncall.runbooks.plugins.plugin_utils.shares_action import SharesAction


class ActionModule(SharesAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        hosts = [self.leading(host, service) for host, service in run.services.items()]
        return {"changed": False, "shares": shares.of(hosts)}
