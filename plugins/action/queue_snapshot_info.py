# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.queue import reading
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.queue_action import QueueAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(QueueAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        inputs, queue = run.inputs[service], self.queue(service)
        names = queue.chosen(inputs.get("queue"))
        interval = float(inputs.get("interval_seconds") or 1)
        refused, document = None, None
        try:
            ask = partial(self.at_its_server, queue)
            document = reading.read(queue, names, interval, inputs, ask)
        except Refused as error:
            refused = vars(error.refusal)
        found = {"redis": queue.redis, "refused": refused, "document": document}
        return {"changed": False, "reading": found}
