# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the jobs wait for too long? One finding for each queue, in the order of the reading.

Many that wait are a finding only when they do not become fewer in time: by what came and what
was done within the interval, not since the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import duration

PROBE = "queue"
REASONS = ("growing", "slow", "old")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    return [judged(one, inputs) for one in (reading["document"] or {"queues": []})["queues"]]


def judged(queue: Mapping[str, Any], inputs: Mapping[str, Any]) -> Finding:
    waiting, left = queue["waiting"], seconds_left(queue)
    said, warn = sentence(queue, left), inputs["warn_jobs"]
    if queue["paused_by"]:
        return finding("ok", "ok", f"{said}; it is paused", waiting, "jobs", warn)
    in_time = left is not None and left <= 60 * inputs["drain_minutes"]
    if waiting >= warn and not in_time:
        severity = "crit" if waiting >= inputs["crit_jobs"] else "warn"
        reason = "growing" if left is None else "slow"
        return finding(severity, reason, said, waiting, "jobs", warn)
    oldest = queue["oldest_seconds"] or 0
    if waiting and oldest >= inputs["age_seconds"] and not in_time:
        return finding("warn", "old", said, oldest, "seconds", inputs["age_seconds"])
    return finding("ok", "ok", said, waiting, "jobs", warn)


def seconds_left(queue: Mapping[str, Any]) -> float | None:
    """Until none waits, at the pace of the interval; None when they do not become fewer."""
    rates = queue["rates"]
    fewer = rates["drained"] - rates["arrived"]
    if not queue["waiting"]:
        return 0.0
    return queue["waiting"] * rates["seconds"] / fewer if fewer > 0 else None


def sentence(queue: Mapping[str, Any], left: float | None) -> str:
    rates, counts = queue["rates"], queue["counts"]
    parts = [f"{queue['name']}: {queue['waiting']} jobs wait"]
    if counts["delayed"]:
        parts.append(f"{counts['delayed']} are delayed")
    if queue["waiting"] and queue["oldest_seconds"] is not None:
        parts.append(f"the oldest for {duration(queue['oldest_seconds'])}")
    parts.append(
        f"within {rates['seconds']:.1f} s {rates['arrived']} came and {rates['drained']} were done"
    )
    if queue["waiting"] and not queue["paused_by"]:
        parts.append(
            "they do not become fewer" if left is None else f"none waits in about {duration(left)}"
        )
    return ", ".join(parts)
