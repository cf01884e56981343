# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does anybody work on the jobs? One finding for each queue, in the order of the reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

PROBE = "queue"
REASONS = ("no_workers", "stalled", "hung", "not_listed")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    return [judged(one) for one in (reading["document"] or {"queues": []})["queues"]]


def judged(queue: Mapping[str, Any]) -> Finding:
    name, workers, active = queue["name"], queue["workers"], queue["counts"]["active"]
    if workers is None:
        said = f"{name}: our user may not list who is connected (ACL: +client|list)"
        return finding("unknown", "not_listed", said)
    said = f"{name}: connected are {many(workers, 'worker')}, with {many(active, 'job')} in hand"
    if not workers:
        left = queue["waiting"] + active
        severity = "crit" if left else "warn"
        return finding(severity, "no_workers", f"{said}, {left} are left", 0, "workers", 1)
    if queue["unlocked"]:
        lost = f"{queue['unlocked']} of them by nobody any more (stalled)"
        return finding("warn", "stalled", f"{said}, {lost}", workers, "workers")
    if hung(queue):
        text = f"{said}, and none took any of {queue['waiting']} that wait"
        return finding("crit", "hung", text, workers, "workers")
    return finding("ok", "ok", said, workers, "workers")


def hung(queue: Mapping[str, Any]) -> bool:
    """Connected, nothing in their hands, and nothing is taken. Who works on a long job is not, and
    neither is who keeps a rate limit."""
    free = not (queue["counts"]["active"] or queue["paused_by"] or queue["limited_ms"])
    known = (queue["oldest_seconds"] or 0) >= queue["rates"]["seconds"]
    return bool(free and known and queue["waiting"] and not queue["rates"]["drained"])
