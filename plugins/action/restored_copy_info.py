# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import restoring
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.backup_action import BackupAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BackupAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        copy = self.copy_asked_for(run, service)
        reading: dict[str, Any] = {
            "asked": vars(copy) if copy else None,
            "there": False,
            "target": "",
            "state": None,
            "said": "",
            "queries": [],
        }
        if copy:
            reading.update(self._seen(service, copy))
        return {"changed": False, "reading": reading}

    def _seen(self, service: str, copy: restoring.Copy) -> dict[str, Any]:
        path = shlex.quote(copy.directory)
        look = f"[ -e {path} ] && echo there; head -n 1 {path}/{restoring.MARK} 2>/dev/null"
        try:
            told = self.there(service, look).stdout.replace("\r\n", "\n")
        except Unreachable:
            return {}
        there, _end, settings = told.partition("\n")
        if there != "there":
            return {}
        seen = {"there": True, "target": restoring.target_of(settings)}
        if seen["target"] != copy.target:
            return seen
        way, execute = self.way_to(service, copy)
        try:
            state = client.copy_state(way, execute)
        except Refused as error:
            return {**seen, "said": error.refusal.message}
        backup = self.backup(service)
        queries = backup.integrity if backup and restoring.arrived(state) else ()
        return {**seen, "state": state, "queries": self.answers(queries, way, execute)}
