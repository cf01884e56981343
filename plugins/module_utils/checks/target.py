# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the release that was asked for there, and does it run?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "target"
REASONS = ("not_in_use", "release_missing", "release_not_pinned")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    refused = reading["refused"]
    if refused:
        severity = "unknown" if refused["reason"] == "not_read" else "warn"
        return [finding(severity, refused["reason"], refused["message"])]
    if reading["in_use"]:
        return [finding("ok", "ok", f"release {reading['title']} is in use")]
    said = f"release {reading['title']} is asked for, and is not in use"
    return [finding("warn", "not_in_use", said)]
