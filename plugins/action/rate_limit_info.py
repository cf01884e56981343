# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import capture, catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import script, taken
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    logs,
    paths,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import counters, entry, log
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

LOG_BYTES, LOG_SECONDS = 2**20, 10


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        inputs = run.inputs[service]
        path = f"runbooks_services.{service}.rate_limit"
        declared = entry.of(path, self.entry(service).get("rate_limit"))
        text, missed = self._log(service, inputs["log_lines"], inputs["minutes"])
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

    def _log(self, service: str, lines: int, minutes: int) -> tuple[str, str]:
        """The end of what it wrote, and why there is none."""
        given = self.entry(service)
        section = catalog.section(given)
        try:
            if given["platform"] == "kubernetes":
                return self._log_of_pods(section, lines), ""
            bounds = capture.Bounds(lines, minutes)
            found = capture.sources(given["platform"], {service: section}, bounds)
            sources = [one for one in found if one.what == "log"]
            if not sources:
                return "", "nobody says where its log is"
            mark = f"oncall-{secrets.token_hex(8)}"
            done = self.shell("sh -s", script(sources, mark, LOG_SECONDS, LOG_BYTES))
            output = done.stdout.replace("\r\n", "\n")
            (one,) = list(taken(sources, output, mark))[:1]
        except Unreachable as error:
            return "", str(error)
        return one.text, one.missed

    def _log_of_pods(self, section: Any, lines: int) -> str:
        api = self.clusters.api(section)
        return "\n".join(logs.of(api, api.get(paths.workload(section)), section, lines).values())
