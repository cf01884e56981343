# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Fault
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# A large data set takes minutes; longer than the lock's lease nobody waits.
PATIENCE_S = 540.0
PAUSE_S = 0.5


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["saved"], "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        with self.unrecovered("nothing was saved"):
            before = self._persistence(service)
            if self.check_mode:
                return {"changed": True, "after": before}
            self.confirm_lock(run, service, LEASE_S)
            self._begin(service)
            after = self._ended(run, service)
        if after["rdb_last_bgsave_status"] != "ok":
            where = f" in {before['dir']}" if before["dir"] else ""
            raise Stop(
                f"unrecovered: the save{where} failed again: make room on its disk, see its log, "
                "and run this again",
                "unrecovered",
            )
        return {"changed": True, "after": {"rdb_last_bgsave_status": "ok"}}

    def _begin(self, service: str) -> None:
        (answer,) = self.ask(service, [("BGSAVE",)])
        # One that runs already is as good; a rewrite of the append-only file comes first.
        if isinstance(answer, Fault) and "in progress" not in answer.text:
            raise Refused(classify(answer.text))

    def _ended(self, run: incident.Run, service: str) -> dict[str, Any]:
        end = boot_clock() + PATIENCE_S
        while True:
            said = self._persistence(service)
            if not said["rdb_bgsave_in_progress"]:
                return said
            if boot_clock() > end:
                raise Stop(
                    f"unrecovered: the save has not ended within {PATIENCE_S:g} s", "unrecovered"
                )
            self.stay(run, PAUSE_S)

    def _persistence(self, service: str) -> dict[str, Any]:
        info, folder = self.ask(service, [("INFO",), ("CONFIG", "GET", "dir")])
        if not isinstance(info, str):
            raise Stop("unrecovered: it does not tell how its last save went", "unrecovered")
        said = snapshot.fields(info)
        return {
            "rdb_last_bgsave_status": said.get("rdb_last_bgsave_status", "unknown"),
            "rdb_bgsave_in_progress": snapshot.number(said.get("rdb_bgsave_in_progress", "0")),
            "dir": str(folder[1]) if isinstance(folder, list) and len(folder) == 2 else "",
        }
