# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the service refuse requests (429), or is it refused by whom it asks? By the end of its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "rate_limits"
REASONS = ("no_log", "upstream_limited", "refusing")
# Of fewer requests a share says nothing.
FEWEST = 20


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    log, limit = reading["log"], inputs["refused_percent"]
    if log is None:
        return [finding("unknown", "no_log", f"its log tells nothing: {reading['log_missed']}")]
    found = [upstream(log)] if log["upstream"] else []
    percent = round(100 * log["refused"] / log["requests"], 1) if log["requests"] else 0.0
    said = f"{log['refused']} of {log['requests']} requests in its log were refused (429)"
    if log["top"]:
        said += f"; most of {log['top'][0]['client']}: {log['top'][0]['refused']}"
    if log["requests"] >= FEWEST and percent >= limit:
        return [*found, finding("warn", "refusing", said, percent, "percent", limit)]
    return [*found, finding("ok", "ok", said, percent, "percent", limit)]


def upstream(log: Mapping[str, Any]) -> Finding:
    said = f"{log['upstream']} lines of its log tell of a limit that others keep against it"
    if log["until"] is None:
        return finding("warn", "upstream_limited", f"{said}; until when, they do not say")
    if log["waits_s"]:
        wait = f"they ask to wait until {log['until']} (Retry-After, {log['waits_s']} s from now): until then ask less"
        return finding("crit", "upstream_limited", f"{said}; {wait}", log["waits_s"], "seconds")
    return finding(
        "warn", "upstream_limited", f"{said}; the last wait they asked for ended at {log['until']}"
    )
