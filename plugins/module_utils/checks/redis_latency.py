# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does it answer at once? Sampled by its own clock, so it is the same from wherever it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "redis"
REASONS = ("slow",)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    sampled = (reading["document"] or {}).get("latency")
    if not sampled:
        return []
    high, limit = sampled["high_ms"], inputs["latency_ms"]
    median, worst = sampled["median_ms"], sampled["worst_ms"]
    said = (
        f"of {sampled['samples']} samples the median waited {median:g} ms, the worst {worst:g} ms"
    )
    if high < limit:
        return [finding("ok", "ok", said, high, "ms", limit)]
    names = list(dict.fromkeys(one["command"] for one in reading["document"]["slow_commands"]))
    said += f"; the newest slow commands: {', '.join(names)}" if names else ""
    return [finding("warn", "slow", said, high, "ms", limit)]
