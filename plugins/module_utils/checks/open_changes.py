# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an incident changed and nobody has undone yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.changes import expired
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "changes"
REASONS = ("open_undo",)


def wanted(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The changes that this run was asked to undo."""
    only = inputs.get("change")
    return [
        change
        for change in reading["changes"]
        if (only is None or change["number"] == only)
        and (not inputs.get("expired_only") or expired(change, reading["now"]))
    ]


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    chosen = wanted(reading, inputs)
    if not chosen:
        return [finding("ok", "ok", "nothing is left to undo", 0, "changes", None)]
    named = ", ".join(f"{change['number']} ({change['action']})" for change in chosen)
    return [
        finding("warn", "open_undo", f"to be undone: change {named}", len(chosen), "changes", 0)
    ]
