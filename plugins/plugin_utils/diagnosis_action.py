# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions share that read a service by its probes and grade what they bring."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import (
    decision,
    grading,
    incident,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.probes import ELSEWHERE, probe
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import (
    Progress,
    Step,
    advance,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.probe_action import ProbeAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

DIAGNOSIS_OPTIONS: dict[str, Any] = {
    **RUN_OPTION,
    "probes": {"type": "list", "elements": "str", "required": True},
    "checks": {"type": "list", "elements": "str", "required": True},
}


class DiagnosisAction(ProbeAction):
    """All probes in the one process of the task: a task for each would cost a fork each, and a
    verification reads many times."""

    SPEC: ClassVar[dict[str, Any]] = DIAGNOSIS_OPTIONS

    def read(self, run: incident.Run, again: bool = False, **given: Any) -> dict[str, Any]:
        """By probe, also one more time in a wait. Those that are read through other hosts are left
        out, unless that was done and is given."""
        readings: dict[str, Any] = {}
        for name in self.arguments["probes"]:
            if name in ELSEWHERE and name not in given:
                continue
            read: dict[str, Any] = {"read": given[name]} if name in ELSEWHERE else {}
            if probe(name).again:
                read["again"] = again
            readings[name] = self.probed(run, name, readings, **read)
        return readings

    def grade(
        self, run: incident.Run, readings: Mapping[str, Any], stage: str, attempt: int = 1
    ) -> list[grading.Finding]:
        """The findings, written to the journal and shown."""
        service = run.services[self.host]
        checks = [
            name
            for name in self.arguments["checks"]
            if self._concerns(grading.check(name), readings)
        ]
        findings = grading.grade(checks, readings, run.inputs[service], service)
        # Every reading that a change may follow is kept. Of the many of a verification, the findings are.
        if stage != "verification":
            self._keep(run, service, readings, findings)
        run.write("findings", {"stage": stage, "attempt": attempt, "findings": findings}, service)
        self.shown.append(
            {"kind": "findings", "service": service, "stage": stage, "findings": findings}
        )
        return findings

    def _concerns(self, check: grading.Check, readings: Mapping[str, Any]) -> bool:
        """A check without a reading is unknown, unless nobody asked for that reading here."""
        return check.PROBE not in ELSEWHERE or check.PROBE in readings

    def _keep(
        self,
        run: incident.Run,
        service: str,
        readings: Mapping[str, Any],
        findings: Sequence[grading.Finding],
    ) -> None:
        for name, reading in readings.items():
            if not reading:
                continue
            path = run.keep_evidence(service, name, reading)
            for found in findings:
                if name == grading.check(found["check"]).PROBE:
                    found["evidence"] = path

    def attempt(
        self,
        run: incident.Run,
        name: str,
        watched: Callable[[list[grading.Finding]], Sequence[grading.Finding]],
        hold_s: float,
        timeout_s: float,
    ) -> tuple[list[grading.Finding], Step]:
        """One more reading of a wait: its findings, and how it stands."""
        kept = self.so_far(run, name)
        # A wall clock that jumps would end the wait, or prolong it.
        before = Progress(**kept) if kept else Progress(started=boot_clock())
        findings = self.grade(run, self.read(run, again=True), "verification", before.attempts + 1)
        left = decision.estimate(run.scenario, findings)
        return findings, advance(before, watched(findings), boot_clock(), hold_s, timeout_s, left)

    def close(self, run: incident.Run, service: str, step: Step) -> None:
        """Record how a wait ended."""
        progress = step.progress
        ago = None if progress.first_healthy is None else boot_clock() - progress.first_healthy
        first = None if ago is None else time.time() - ago
        data = {
            "status": step.status,
            "attempts": progress.attempts,
            "first_healthy_at": None if first is None else stamp(first),
            "held_s": round(progress.held_s, 3),
            "estimated_s": progress.estimate_s,
            "took_s": None if progress.took_s is None else round(progress.took_s, 3),
        }
        run.write("verification", data, service)
        to_healthy = None if first is None else round(first - run.started_at, 3)
        about = {"service": service, "time_to_healthy_s": to_healthy, "text": step.text}
        self.shown.append({"kind": "verified", **data, **about})
