# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry as chains
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import environment
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.chain_action import ChainAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(ChainAction):
    SPEC: ClassVar[dict[str, Any]] = RUN_OPTION

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        reading = {"nodes": self.node_readings(service), "in_use": self._in_use(service)}
        return {"changed": False, "reading": reading, "incident_show": self.shown}

    def _in_use(self, service: str) -> int | None:
        """Which of the endpoints the service's own variable names: its number, never its text."""
        entry = self.entry(service)
        platform, section = entry["platform"], catalog.section(entry)
        if entry.get("rpc") is None or platform not in environment.PLATFORMS:
            return None
        variable = chains.rpc(f"runbooks_services.{service}.rpc", entry["rpc"]).variable
        try:
            done = self.inside(service, environment.value(platform, section, variable))
        except Unreachable:
            return None
        told = done.stdout.strip().rstrip("/")
        found = [number for number, (_node, one) in enumerate(self.nodes(service)) if one == told]
        return found[0] if found else None
