# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

SECTIONS = ("replication", "transactions")


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        concerned = self.entry(service)["kind"] == "postgresql"
        refused, document = None, None
        if concerned:
            try:
                way, params = self.normal_way(service), self.params(run, service)
                document = client.read(way, SECTIONS, params, self.execute)
            except Refused as error:
                refused = vars(error.refusal)
        reading = {"concerned": concerned, "refused": refused, "document": document}
        return {"changed": False, "reading": reading}
