# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of its limit does each instance take, and how fast does it grow? A limit that nobody set is the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import (
    Finding,
    against,
    finding,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.memory import usage
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "memory_usage"
REASONS = ("near_limit", "growing", "not_measured", "not_read")
# Less than this between two samples is a breath, not a leak.
GROWTH_BYTES = 2**20
HOUR_S = 3600


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    if reading["refused"]:
        return [
            finding(
                "unknown",
                "not_read",
                f"its memory cannot be measured: {reading['refused']['message']}",
            )
        ]
    if not reading["instances"]:
        said = f"nothing of it runs, or nobody tells how much memory it takes; for example {usage.EXAMPLE}"
        return [finding("unknown", "not_measured", said)]
    found = [each for one in reading["instances"] for each in judged(one, reading, inputs)]
    if reading["missing"]:
        said = f"how much memory {', '.join(reading['missing'])} takes is not told"
        found.append(finding("warn", "not_measured", said))
    return found or [well(reading)]


def judged(
    one: Mapping[str, Any], reading: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[Finding]:
    limit = reading["limit_bytes"] or reading["total_bytes"]
    if not limit:
        return
    percent = round(100 * one["bytes"] / limit, 1)
    severity, threshold = against(percent, inputs)
    rate = growth(one, reading["seconds"])
    if severity != "ok":
        said = f"{of_limit(one, reading)}{growing(rate)}{beside(reading)}"
        yield finding(severity, "near_limit", said, percent, "percent", threshold)
        return
    hours = (limit - one["bytes"]) / rate if rate else None
    if hours is not None and hours * 60 <= inputs["ahead_minutes"]:
        minutes = round(hours * 60)
        said = f"{of_limit(one, reading)}{growing(rate)}: at this rate it is full in {minutes} minutes{beside(reading)}"
        yield finding("crit", "growing", said, minutes, "minutes", inputs["ahead_minutes"])


def growth(one: Mapping[str, Any], seconds: float) -> float:
    """Bytes in an hour."""
    before = one["before_bytes"]
    if before is None or not seconds or one["bytes"] - before < GROWTH_BYTES:
        return 0.0
    return float((one["bytes"] - before) * HOUR_S / seconds)


def of_limit(one: Mapping[str, Any], reading: Mapping[str, Any]) -> str:
    limit = reading["limit_bytes"]
    whose = (
        f"its limit of {size(limit)}" if limit else f"its machine's {size(reading['total_bytes'])}"
    )
    return f"{one['name']} takes {size(one['bytes'])} of {whose}"


def growing(rate: float) -> str:
    return f", and grows by {size(rate / 60)} a minute" if rate else ""


def beside(reading: Mapping[str, Any]) -> str:
    """What the application says of its own."""
    named = [f"{name} {size(value)}" for name, value in sorted(reading["told"].items())]
    return f"; it says: {', '.join(named[:6])}" if named else ""


def well(reading: Mapping[str, Any]) -> Finding:
    most = max(reading["instances"], key=lambda one: one["bytes"])
    limit = reading["limit_bytes"] or reading["total_bytes"]
    said = (
        f"{of_limit(most, reading)}{growing(growth(most, reading['seconds']))}"
        if limit
        else f"{most['name']} takes {size(most['bytes'])}; it has no limit"
    )
    return finding("ok", "ok", f"{said}{beside(reading)}", most["bytes"], "bytes")
