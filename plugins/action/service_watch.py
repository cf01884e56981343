# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import (
    grading,
    incident,
    monitoring,
    watching,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION
from ansible_collections.oncall.runbooks.plugins.plugin_utils.smoke_action import SmokeAction


class ActionModule(SmokeAction):
    """One look, when its time has come. Ansible repeats it; what was seen lies in the run's folder."""

    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        inputs = run.inputs[service]
        began, before = self._so_far(run, inputs)
        # A look that took longer than its time does not make the next ones follow at once.
        self.stay(run, began + before.checks * inputs["every_seconds"] - boot_clock())
        watch = watching.advance(before, self._look(run, service))
        if watch.last_ok is not before.last_ok:
            self._note(run, service, watch, ended=False)
        over = run.directory / "watch-over"
        lost = watching.lost(watch, inputs["error_percent"])
        if lost:
            over.touch()
        done = watching.done(watch) or over.exists()
        self.go_on(run, "watch", {"began": began, "watch": watch.as_data()}, done)
        self.progress(run, service, watching.text(watch))
        result = {"changed": False, "done": done, "incident_show": self.shown}
        return {**result, **self._end(run, service, watch, lost)} if done else result

    def _so_far(self, run: incident.Run, inputs: dict[str, Any]) -> tuple[float, watching.Watch]:
        kept = self.so_far(run, "watch")
        if not kept:
            looks = watching.planned(inputs["minutes"], inputs["every_seconds"])
            return boot_clock(), watching.Watch(looks)
        return kept["began"], watching.Watch(**kept["watch"])

    def _look(self, run: incident.Run, service: str) -> list[dict[str, Any]]:
        entry, checks, readings = self.entry(service), [], {}
        if entry.get("health"):
            checks.append("health")
            readings["health"] = self.health(service)
        paths = [] if run.inputs[service]["without_smoke"] else self.smoke(service)["paths"]
        walked = [path for path in paths if path["reason"] != "not_run"]
        if walked:
            checks.append("smoke")
            readings["smoke"] = {"paths": walked}
        if not checks:
            checks.append("workload")
            readings["workload"] = self.workloads([service])[service]
        return grading.grade(checks, readings, run.inputs[service], service)

    def _note(self, run: incident.Run, service: str, watch: watching.Watch, ended: bool) -> None:
        run.write(
            "watch", {**watch.as_data(), "ended": ended, "text": watching.text(watch)}, service
        )

    def _end(
        self, run: incident.Run, service: str, watch: watching.Watch, lost: bool
    ) -> dict[str, Any]:
        checks_before, failed_before = watching.together(run.journal.read(), service)
        self._note(run, service, watch, ended=True)
        reading = {
            **watch.as_data(),
            "percent": watch.percent,
            "lost": lost,
            "checks_before": checks_before,
            "failed_before": failed_before,
            "alerts": monitoring.active(self._urls(), http.fetch),
        }
        findings = grading.grade(["watch"], {"watch": reading}, run.inputs[service], service)
        path = run.keep_evidence(service, "watch", reading)
        findings = [{**finding, "evidence": path} for finding in findings]
        run.write("findings", {"stage": "diagnosis", "attempt": 1, "findings": findings}, service)
        show = {"kind": "findings", "service": service, "stage": "diagnosis", "findings": findings}
        return {"findings": findings, "incident_show": [show]}

    def _urls(self) -> dict[str, str | None]:
        names = ("alertmanager", "prometheus")
        return {name: self._url(f"runbooks_{name}_url") for name in names}

    def _url(self, name: str) -> str | None:
        value = self.setting(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.startswith(("http://", "https://")):
            allowed = "an address that begins with http:// or https://"
            raise refusal(name, value, allowed, f"{name}: http://127.0.0.1:9093")
        return value
