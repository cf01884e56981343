# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release runs, since when, and what could be gone back to. Itself it is never wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "workload"
REASONS = ("current_release",)


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    releases = reading["releases"]
    names = [release["name"] for release in releases]
    if reading["refused"] or reading["current"] not in names:
        return []
    position = names.index(reading["current"])
    current, before = releases[position], releases[position + 1 :]
    since = f" since {current['since']}" if current["since"] else ""
    said = f"release {current['title']} runs{since}"
    if before:
        gone = "" if before[0]["present"] else ", which is not present any more"
        said += f"; before it {before[0]['title']}{gone}"
    return [finding("ok", "current_release", said, current["name"], "release")]
