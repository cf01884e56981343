# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Fault
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        way, keyspace = self.way(service), self.keyspace(service)
        refused, document = None, None
        try:
            answers = self.ask(service, snapshot.STEPS)
        except Refused as error:
            refused = vars(error.refusal)
        else:
            idle_seconds = run.inputs[service].get("idle_seconds") or 0
            document = snapshot.document(answers, keyspace.protected_clients, idle_seconds)
            # PING is what says that it serves: it is refused while it loads, or is busy.
            if isinstance(answers[0], Fault):
                refused = vars(classify(answers[0].text, way.password))
        reading = {
            "user": way.user,
            "via": way.via,
            "version": snapshot.version(document),
            "refused": refused,
            "document": document,
            "declared": {"role": keyspace.role, "cache_prefixes": list(keyspace.cache_prefixes)},
        }
        return {"changed": False, "reading": reading}
