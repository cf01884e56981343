# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Did it stay well, all the time? The error rate of a watch against its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "watch"
REASONS = ("errors", "some_errors", "alerts_firing", "alerts_unreadable")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    return [rate(reading, inputs["error_percent"]), *alerts(reading["alerts"])]


def rate(reading: Mapping[str, Any], target: int) -> Finding:
    checks, failed, percent = reading["checks"], reading["failed"], reading["percent"]
    if not checks:
        return finding("unknown", "not_read", "it was never looked at")
    said = f"{failed} of {checks} looks failed ({percent:g} %)"
    if failed:
        said += f", in {reading['outages']} outage{'' if reading['outages'] == 1 else 's'}"
        said += f"; the last: {reading['last_failure']}"
    if reading["checks_before"]:
        all_checks, all_failed = (
            checks + reading["checks_before"],
            failed + reading["failed_before"],
        )
        said += f"; {all_failed} of {all_checks} over the whole incident"
    if checks < reading["planned"] and reading["lost"]:
        said += f"; ended after {checks} of {reading['planned']} looks, because {target} % cannot be met any more"
    if reading["lost"] or percent > target:
        return finding("crit", "errors", said, percent, "percent", target)
    severity, reason = ("warn", "some_errors") if failed else ("ok", "ok")
    return finding(severity, reason, said, percent, "percent", target)


def alerts(reading: Mapping[str, Any] | None) -> list[Finding]:
    """Null where the inventory names no monitoring."""
    if reading is None:
        return []
    if reading["refused"]:
        return [finding("warn", "alerts_unreadable", f"active alerts: {reading['refused']}")]
    firing = reading["firing"]
    if not firing:
        return [finding("ok", "ok", "no alert is active", 0, "alerts", 0)]
    names = ", ".join(dict.fromkeys(firing))
    return [finding("warn", "alerts_firing", f"active alerts: {names}", len(firing), "alerts", 0)]
