# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.queue import bullmq, scripts
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Command, Fault
from ansible_collections.oncall.runbooks.plugins.plugin_utils.queue_action import QueueAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# What a script answers that did nothing, and what it means to a person.
NOTHING = {
    "missing": "there is no such queue any more",
    "both": "it has jobs in both of the lists wait and paused, which only BullMQ's own resume() puts together",
}
# Paused again since, and not by this incident: nothing of ours is left, and whoever did that ends it.
ALREADY = ("paused", "running", "foreign")


class ActionModule(QueueAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "queue": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["paused", "running"], "required": True},
        "paused_by": {"type": "str"},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service, wanted = run.services[self.host], self.arguments["state"]
        queue = self.queue(service)
        (name,) = queue.chosen(self.arguments["queue"])
        base = bullmq.base(queue.prefix, name)
        with self.unrecovered(f"the queue {name} was not changed"):
            if self.check_mode:
                (now,) = self.at_its_server(queue, [("HGET", f"{base}meta", "paused")])
                return self._told(name, wanted, (now is not None) != (wanted == "paused"))
            generation = self.known_generation(queue, base)
            self.confirm_lock(run, service)
            (answer,) = self.at_its_server(queue, [self._script(base, generation, run.incident)])
        if isinstance(answer, Fault):
            raise Stop(f"unrecovered: {name}: {classify(answer.text).message}", "unrecovered")
        said = str(answer[0]) if isinstance(answer, list) and answer else "unknown"
        if said not in ("done", *ALREADY):
            raise Stop(f"refused: {name}: {NOTHING.get(said, said)}", "refused")
        told = self._told(name, wanted, said == "done")
        if said == "foreign":
            told["after"] = {"queue": name, "paused": True, "left": "somebody else paused it since"}
        return told

    def _script(self, base: str, generation: int, incident: str) -> Command:
        if self.arguments["state"] == "paused":
            return scripts.pause(base, bullmq.mark(incident), generation)
        return scripts.resume(base, bullmq.mark(self.arguments["paused_by"] or incident))

    def _told(self, name: str, wanted: str, changed: bool) -> dict[str, Any]:
        return {"changed": changed, "after": {"queue": name, "paused": wanted == "paused"}}
