# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.backup_action import BackupAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BackupAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        backup, way = self.backup(service), self.normal_way(service)
        reading: dict[str, Any] = {"refused": None, "checksums": None, "queries": []}
        try:
            # The queries first: what they stumble over, the server counts.
            client.checksums(way, self.execute)
            queries = backup.integrity if backup else ()
            reading["queries"] = self.answers(queries, way, self.execute)
            reading["checksums"] = client.checksums(way, self.execute)
        except Refused as error:
            reading["refused"] = vars(error.refusal)
        return {"changed": False, "reading": reading}
