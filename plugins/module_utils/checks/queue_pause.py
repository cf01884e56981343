# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does each queue hand out its jobs, as it should? One finding for each, in the order of the reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "queue"
REASONS = ("paused", "not_paused")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    wanted = bool(inputs.get("pause"))
    return [judged(one, wanted) for one in (reading["document"] or {"queues": []})["queues"]]


def judged(queue: Mapping[str, Any], wanted: bool) -> Finding:
    name, who = queue["name"], queue["paused_by"]
    if who is None:
        if wanted:
            return finding("warn", "not_paused", f"{name}: it is not paused, as was asked for")
        return finding("ok", "ok", f"{name}: it hands out its jobs")
    by = "not by a runbook" if who == "person" else f"by incident {who}"
    said = f"{name}: it is paused, {by}; {queue['waiting']} jobs wait"
    return finding("ok", "ok", said) if wanted else finding("warn", "paused", said)
