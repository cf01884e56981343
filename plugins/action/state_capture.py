# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.action.catalog_info import (
    ActionModule as CatalogInfo,
)
from ansible_collections.oncall.runbooks.plugins.module_utils import (
    capture,
    catalog,
    grading,
    incident,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.capture import (
    host,
    kubernetes,
    scrub,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    Source,
    Taken,
    script,
    taken,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable

Reading = dict[str, Any]
ALL = [
    "server", "slots", "sessions", "blocking", "settings", "replication", "transactions", "statements",
]  # fmt: skip
PROBES = ("workload", "health", "postgresql", "redis")


class ActionModule(CatalogInfo):
    SECTIONS: ClassVar[list[str]] = ALL
    SPEC: ClassVar[dict[str, Any]] = CatalogInfo.SPEC

    def act(self) -> dict[str, Any]:
        run, share = self.this_run(), self.arguments["share"]
        own = run.services[self.host]
        services = list(
            dict.fromkeys([own, *(name for some in share["workloads"] for name in some)])
        )
        readings: dict[str, Reading] = {
            name: {"kept": [], "missed": [], "refused": None} for name in services
        }
        # What vanishes first is taken first, by the host and then by what can be asked again.
        self._take(run, own, readings, self._sources(run, own))
        self._take_from_clusters(run, own, readings)
        for service, found in super().act()["readings"].items():
            self._keep_readings(run, service, readings, found)
        return {"changed": False, "incident_show": [*self.shown, *self._graded(run, readings)]}

    def _sources(self, run: incident.Run, own: str) -> list[Source]:
        share, inputs = self.arguments["share"], run.inputs[own]
        found = host.sources(inputs["log_lines"]) if share["look"] else []
        bounds = capture.Bounds(inputs["log_lines"], inputs["minutes"])
        for services in share["workloads"]:
            entries = {name: self.entry(name) for name in services}
            sections = {name: catalog.section(entry) for name, entry in entries.items()}
            found += capture.sources(entries[services[0]]["platform"], sections, bounds)
        return capture.in_order(found)

    def _take(
        self,
        run: incident.Run,
        own: str,
        readings: dict[str, Reading],
        sources: Sequence[Source],
    ) -> None:
        if not sources:
            return
        mark, inputs = f"oncall-{secrets.token_hex(8)}", run.inputs[own]
        text = script(sources, mark, inputs["item_seconds"], inputs["item_kib"] * 1024)
        try:
            output = self.shell("sh -s", text).stdout
        except Unreachable as error:
            for reading in readings.values():
                reading["refused"] = str(error)
            return
        for one in taken(sources, output.replace("\r\n", "\n"), mark):
            self._keep(run, one, readings[one.source.service or own])

    def _take_from_clusters(
        self, run: incident.Run, own: str, readings: dict[str, Reading]
    ) -> None:
        inputs = run.inputs[own]
        for services in self.arguments["share"]["workloads"]:
            entries = {name: self.entry(name) for name in services}
            if entries[services[0]]["platform"] != "kubernetes":
                continue
            sections = {name: catalog.section(entry) for name, entry in entries.items()}
            try:
                api = self.clusters.api(sections[services[0]])
                most, bounds = inputs["item_kib"] * 1024, (inputs["log_lines"], inputs["minutes"])
                found = list(kubernetes.take(api, sections, bounds, most))
            except Unreachable as error:
                for name in services:
                    readings[name]["missed"].append({"what": "pods", "why": str(error)})
                continue
            for one in found:
                self._keep(run, one, readings[one.source.service or own])

    def _keep(self, run: incident.Run, one: Taken, reading: Reading) -> None:
        source = one.source
        what = source.what if source.service else f"machine-{source.what}"
        if one.missed:
            reading["missed"].append({"what": what, "why": one.missed})
            return
        clean = scrub.settings(one.text) if source.form == "json" else scrub.text(one.text)
        service = source.service or run.services[self.host]
        path = run.keep_text(service, what, clean, source.form)
        reading["kept"].append(
            {"what": what, "path": path, "bytes": len(clean.encode()), "cut": one.cut}
        )

    def _keep_readings(
        self, run: incident.Run, service: str, readings: dict[str, Reading], found: Reading
    ) -> None:
        mine = readings.setdefault(service, {"kept": [], "missed": [], "refused": None})
        for probe in PROBES:
            reading = found.get(probe)
            if not reading or not tells(probe, reading):
                continue
            if "unread" in reading:
                mine["missed"].append({"what": probe, "why": reading["unread"]})
                continue
            path = run.keep_evidence(service, probe, scrub.scrubbed(reading))
            size = (run.folder / path).stat().st_size
            mine["kept"].append({"what": probe, "path": path, "bytes": size, "cut": False})

    def _graded(self, run: incident.Run, readings: dict[str, Reading]) -> list[dict[str, Any]]:
        shown = []
        for service, reading in readings.items():
            findings = grading.grade(
                ["capture"], {"capture": reading}, run.inputs[service], service
            )
            for one in findings:
                one["evidence"] = next((kept["path"] for kept in reading["kept"]), None)
            data = {"stage": "diagnosis", "attempt": 1, "findings": findings}
            run.write("findings", data, service)
            shown.append({"kind": "findings", "service": service, **data})
        return shown


def tells(probe: str, reading: Reading | None) -> bool:
    """A reading of what is not there, or not ours to see, is nothing to keep."""
    if not reading:
        return False
    if probe == "workload":
        return (reading["refused"] or {}).get("reason") != "not_managed"
    return probe != "health" or reading["target"] is not None
