# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.plugin_utils.backup_action import BackupAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BackupAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        reading = self.listed(service)
        inputs = run.inputs[service]
        backup = self.backup(service)
        if backup and reading["backups"] and inputs.get("verify"):
            newest = reading["backups"][-1]
            reading["verified"] = self.verified(service, backup, newest, inputs["verify_seconds"])
        return {"changed": False, "reading": reading}
