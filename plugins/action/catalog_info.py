# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.action.postgresql_snapshot_info import (
    ActionModule as Snapshot,
)
from ansible_collections.oncall.runbooks.plugins.module_utils import incident, machine
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import NoSecret
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import keys, snapshot
from ansible_collections.oncall.runbooks.plugins.plugin_utils.asked_once import AskedOnce
from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import HealthAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.probe_action import ProbeAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    Stop,
)

Readings = dict[str, dict[str, Any]]


class ActionModule(AskedOnce, HealthAction, RedisAction, ProbeAction, Snapshot):
    SECTIONS: ClassVar[list[str]] = [
        *("server", "slots", "sessions", "blocking", "settings", "replication"),
    ]
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
        for name in share["redis"]:
            readings.setdefault(name, {}).update(self._kept_in_memory(run, name))
        self._of_its_kind(run, share["probes"], readings)
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
        try:
            # All of them, or none: which of several addresses is somebody else's, was told by all.
            for name in ("admin", "pooler"):
                self.other_way(service, name)
            reading = self._read(run, service)
            reading["pooler"] = self._pooler(service)
        except NoSecret as error:
            return {"unread": str(error)}
        reading["configuration"] = None
        return reading

    def _of_its_kind(self, run: incident.Run, names: list[str], readings: Readings) -> None:
        """By the probes of its own playbooks. The others are told of all the same when one of them stops."""
        found = readings.setdefault(run.services[self.host], {}) if names else {}
        for number, name in enumerate(names):
            try:
                found[name] = self.probed(run, name, found)
            except Stop as stopped:
                why = {"unread": str(stopped).removeprefix("error: ")}
                found.update(dict.fromkeys(names[number:], why))
                return

    def _kept_in_memory(self, run: incident.Run, service: str) -> dict[str, dict[str, Any]]:
        """In one exchange, which samples neither its keys nor its latency."""
        idle_seconds = run.inputs[service].get("idle_seconds") or 0
        try:
            reading = self.snapshot(service, snapshot.FIRST, idle_seconds)
        except NoSecret as error:
            return {"redis": {"unread": str(error)}}
        document = keys.counted(reading["document"]) if reading["document"] else None
        return {
            "redis": reading,
            "redis_keys": {"refused": reading["refused"], "document": document},
        }
