# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an incident changed and nobody has undone yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    more = not_believed(reading.get("strangers", ()))
    if not chosen:
        return [finding("ok", "ok", f"nothing is left to undo{more}", 0, "changes", None)]
    named = ", ".join(f"{change['number']} ({told(change)})" for change in chosen)
    return [
        finding(
            "warn", "open_undo", f"to be undone: change {named}{more}", len(chosen), "changes", 0
        )
    ]


def told(change: Mapping[str, Any]) -> str:
    """Who made it, when that was on another control node."""
    by = f", made by {change['by']}" if change.get("by") else ""
    return f"{change['action']}{by}"


def not_believed(strangers: Sequence[Mapping[str, Any]]) -> str:
    """What another user of the host says is to be undone is not done on his word."""
    if not strangers:
        return ""
    named = ", ".join(
        f"change {one['number']} of {one['incident']} ({one['action']})" for one in strangers[:5]
    )
    return (
        f"; another user of its host left there, and is not believed: {named}; "
        "to undo it, connect as that user"
    )
