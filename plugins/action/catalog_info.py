# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.action.postgresql_snapshot_info import (
    ActionModule as Snapshot,
)
from ansible_collections.oncall.runbooks.plugins.module_utils import incident, machine
from ansible_collections.oncall.runbooks.plugins.plugin_utils.asked_once import AskedOnce
from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import HealthAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

Readings = dict[str, dict[str, Any]]


class ActionModule(AskedOnce, HealthAction, Snapshot):
    SECTIONS: ClassVar[list[str]] = ["server", "slots", "sessions", "settings", "replication"]
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "share": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        run, share = self.this_run(), self.arguments["share"]
        self.arguments["sections"] = self.SECTIONS
        readings: Readings = {}
        for services in share["workloads"]:
            self._add(readings, "workload", self.workloads(services))
        self._add(readings, "health", self.healths(share["health"]))
        self._add(
            readings, "postgresql", {name: self._database(run, name) for name in share["databases"]}
        )
        looked = machine.read(share["machine"], self.reach) if share["look"] else None
        return {
            "changed": False,
            "readings": readings,
            "machine": looked,
            "incident_show": self.shown,
        }

    def _add(self, readings: Readings, probe: str, found: dict[str, dict[str, Any]]) -> None:
        for service, reading in found.items():
            readings.setdefault(service, {})[probe] = reading

    def _database(self, run: incident.Run, service: str) -> dict[str, Any]:
        reading = self._read(run, service)
        reading["pooler"] = self._pooler(service)
        reading["configuration"] = None
        return reading
