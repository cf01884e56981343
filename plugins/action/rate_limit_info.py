# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from functools import partial
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import capture
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import counters, entry, log
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils import service_log
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        inputs = run.inputs[service]
        path = f"runbooks_services.{service}.rate_limit"
        declared = entry.of(path, self.entry(service).get("rate_limit"))
        bounds = capture.Bounds(inputs["log_lines"], inputs["minutes"])
        text, missed = service_log.end_of(service, self.entry(service), bounds, self.reach)
        reading: dict[str, Any] = {
            "redis": declared.redis if declared else None,
            "prefixes": [],
            "refused": None,
            "counters": None,
            "log": log.read(text, time.time()) if text else None,
            "log_missed": missed,
        }
        if declared:
            reading.update(self._counters(declared, inputs.get("client")))
        return {"changed": False, "reading": reading}

    def _counters(self, declared: entry.RateLimit, wanted: str | None) -> dict[str, Any]:
        prefixes = self.keyspace(declared.redis).rate_limit_prefixes
        ask = partial(self.ask_elsewhere, declared.redis)
        try:
            found = counters.read(prefixes, declared.limit, wanted, ask) if prefixes else None
        except Refused as error:
            return {"prefixes": list(prefixes), "refused": vars(error.refusal)}
        return {"prefixes": list(prefixes), "counters": found}
