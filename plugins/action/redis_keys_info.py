# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import keys
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
        interval = float(run.inputs[service].get("interval_seconds") or 1)
        prefixes = self.keyspace(service).cache_prefixes
        refused, document = None, None
        try:
            first = self.ask(service, keys.first_steps())
            if isinstance(first[0], Fault) and not first[0].text.startswith("MISCONF"):
                raise Refused(classify(first[0].text, self.way(service).password))
            second = self.ask(service, keys.second_steps(keys.sampled(first), interval))
            document = keys.document(first, second, prefixes, interval)
        except Refused as error:
            refused = vars(error.refusal)
        return {"changed": False, "reading": {"refused": refused, "document": document}}
