# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Was what is there kept? What could not be taken is named; the rest is there all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "capture"
REASONS = ("host_unreachable", "not_captured", "partly_captured")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    kept, missed, refused = reading["kept"], reading["missed"], reading["refused"]
    if refused:
        return [finding("unknown", "host_unreachable", refused)]
    if not kept:
        why = (
            "; ".join(f"{one['what']}: {one['why']}" for one in missed)
            or "nobody here can look at it"
        )
        return [finding("unknown", "not_captured", f"nothing was kept: {why}")]
    many = sum(one["bytes"] for one in kept)
    said = f"{', '.join(one['what'] for one in kept)} ({size(many)})"
    cut = [one["what"] for one in kept if one["cut"]]
    if cut:
        said += f"; cut to size: {', '.join(cut)}"
    if missed:
        left = ", ".join(f"{one['what']} ({one['why']})" for one in missed)
        return [
            finding("warn", "partly_captured", f"kept {said}; not {left}", len(missed), "items", 0)
        ]
    return [finding("ok", "ok", f"kept {said}", len(kept), "items", None)]
