# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions on a queue share: where it is kept, and one exchange with that server."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.queue import bullmq, entry
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Answer, Steps
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import Stop


class QueueAction(RedisAction):
    def queue(self, service: str) -> entry.Queue:
        return entry.of(f"runbooks_services.{service}.queue", self.entry(service).get("queue"))

    def at_its_server(self, queue: entry.Queue, steps: Steps) -> list[Answer]:
        """Raises Refused."""
        return self.ask_elsewhere(queue.redis, steps)

    def known_generation(self, queue: entry.Queue, base: str) -> int:
        """How this queue's jobs are kept. What nobody knows is not changed."""
        (version,) = self.at_its_server(queue, [("HGET", f"{base}meta", "version")])
        found = bullmq.generation(version if isinstance(version, str) else None)
        if found is None:
            known = " and ".join(map(str, bullmq.GENERATIONS))
            raise Stop(
                f"refused: its version of BullMQ ({version}) is none of those whose keys are known ({known})",
                "refused",
            )
        return found
