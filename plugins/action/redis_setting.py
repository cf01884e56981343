# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Fault
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

MIB = 2**20


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "name": {"type": "str", "choices": ["maxmemory"], "required": True},
        "value": {"type": "int", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service, wanted = run.services[self.host], self.arguments["value"]
        with self.unrecovered("maxmemory was not set"):
            memory = self._memory(service)
            before = memory["maxmemory"]
            if 0 < wanted < before and memory["used_memory"] > wanted:
                said = f"{memory['used_memory'] // MIB} MiB are used: with maxmemory {wanted // MIB} MiB"
                raise Stop(
                    f"refused: {said} keys would be evicted, or writes refused; make room first",
                    "refused",
                )
            needed = before != wanted
            if needed and not self.check_mode:
                self.confirm_lock(run, service)
                self._set(service, wanted)
        return {
            "changed": needed,
            "after": {"maxmemory": wanted},
            "diff": {"before": f"maxmemory {before}\n", "after": f"maxmemory {wanted}\n"},
        }

    def _memory(self, service: str) -> dict[str, Any]:
        info = self.ask(service, [("INFO",)])[0]
        said = snapshot.memory(snapshot.fields(info)) if isinstance(info, str) else {}
        if "maxmemory" not in said or "used_memory" not in said:
            raise Stop("unrecovered: it does not tell how much memory it uses", "unrecovered")
        return said

    def _set(self, service: str, wanted: int) -> None:
        (answer,) = self.ask(service, [("CONFIG", "SET", "maxmemory", str(wanted))])
        if isinstance(answer, Fault):
            raise Refused(classify(answer.text))
