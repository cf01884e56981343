# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many jobs failed, why, and do they still? One finding for each queue, in the order of the reading.

Where a person names a job or a reason, it is about these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import failures as failures_of
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import clock

PROBE = "queue"
REASONS = ("failed_jobs", "failing")
# Of fewer a share says nothing.
FEWEST = 10


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    return [judged(one, inputs) for one in (reading["document"] or {"queues": []})["queues"]]


def judged(queue: Mapping[str, Any], inputs: Mapping[str, Any]) -> Finding:
    failures, rates, limit = queue["failures"], queue["rates"], inputs["failed_jobs"]
    meant, said = failures["meant"], sentence(queue, failures_of.named(inputs))
    if rates["failed"] >= FEWEST and 2 * rates["failed"] >= rates["drained"]:
        text = f"{said}; {rates['failed']} more failed within {rates['seconds']:.1f} s"
        return finding("crit", "failing", text, meant, "jobs", limit)
    if meant >= limit:
        return finding("warn", "failed_jobs", said, meant, "jobs", limit)
    return finding("ok", "ok", said, meant, "jobs", limit)


def sentence(queue: Mapping[str, Any], filtered: bool) -> str:
    failures = queue["failures"]
    said = f"{queue['name']}: {failures['total']} jobs failed"
    if filtered:
        said += f", about {failures['meant']} of them are meant"
    parts = [f"{one['about']} x {one['job']}: {one['reason']}" for one in failures["classes"]]
    if not parts:
        return said
    return f"{said} ({'; '.join(parts)}), the last at {clock(failures['last']['at'])}: {failures['last']['reason']}"
