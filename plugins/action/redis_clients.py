# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import clients
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["ended"], "required": True},
        "clients": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "id": {"type": "int", "required": True},
                "addr": {"type": "str", "required": True},
            },
        },
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        with self.unrecovered("the connections were not ended"):
            chosen, skipped = self._look_again(service, run.inputs[service])
            if chosen and not self.check_mode:
                self.confirm_lock(run, service)
                chosen, gone = self._end(service, chosen)
                skipped += gone
        return {"changed": bool(chosen), "after": {"ended": chosen, "skipped": skipped}}

    def _look_again(self, service: str, inputs: Any) -> tuple[list[Any], list[Any]]:
        """Each as it is now: one that works again, or is another one, stays."""
        answers = self.ask(service, [("PING",), ("CLIENT", "ID"), ("CLIENT", "LIST")])
        own, listed = answers[1], answers[2]
        if not isinstance(own, int) or not isinstance(listed, str):
            raise Stop("refused: the connections cannot be listed any more", "refused")
        protected = self.keyspace(service).protected_clients
        known = {one["id"]: one for one in clients.parse(listed)}
        chosen, skipped = [], []
        for wanted in self.arguments["clients"][: inputs["max_end"]]:
            now = known.get(wanted["id"])
            if now is None or now["addr"] != wanted["addr"]:
                skipped.append({"id": wanted["id"], "reason": "gone"})
            elif why := clients.why_not(now, own, protected, inputs["idle_seconds"]):
                skipped.append({"id": wanted["id"], "reason": why})
            else:
                chosen.append({key: now.get(key) for key in ("id", "addr", "name", "idle")})
        return chosen, skipped

    def _end(self, service: str, chosen: list[Any]) -> tuple[list[Any], list[Any]]:
        """The server itself leaves replicas and listeners alone: TYPE normal."""
        kills = [
            (
                "CLIENT",
                "KILL",
                "ID",
                str(one["id"]),
                "ADDR",
                one["addr"],
                "TYPE",
                "normal",
                "SKIPME",
                "yes",
            )
            for one in chosen
        ]
        answers = self.ask(service, [("PING",), *kills])[1:]
        ended = [one for one, answer in zip(chosen, answers, strict=True) if answer == 1]
        gone = [
            {"id": one["id"], "reason": "gone"}
            for one, answer in zip(chosen, answers, strict=True)
            if answer != 1
        ]
        return ended, gone
