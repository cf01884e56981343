# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import nodes
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import entry, reading
from ansible_collections.oncall.runbooks.plugins.plugin_utils.proxy_action import ProxyAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(ProxyAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        inputs = run.inputs[service]
        try:
            found = self._read(service, inputs.get("node"), inputs.get("upstream"))
        except Unreachable as error:
            reason = error.reason if isinstance(error, ApiError) else "host_unreachable"
            found = reading.refused("", "", reason, str(error))
        return {"changed": False, "reading": found}

    def _read(self, service: str, node: str | None, upstream: str | None) -> reading.Reading:
        proxy = self.proxy(service)
        _platform, section = self.platform_of(service)
        on_nodes = self.entry(service)["platform"] == "kubernetes"
        if on_nodes and (node or (proxy is None and upstream is None)):
            return nodes.read(self.clusters.api(section), section, node, time.time())
        path = f"runbooks_services.{service}"
        if node:
            why = f"{path}.platform is {self.entry(service)['platform']}: only Kubernetes has nodes"
            return reading.refused("", "", "not_managed", why)
        if proxy is None:
            why = f"the catalog names no proxy of it; for example {path}: {{{entry.EXAMPLE}}}"
            return reading.refused("", "", "not_managed", why)
        return self.read_proxy(service, proxy)
