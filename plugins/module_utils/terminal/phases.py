# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The headings: which phase something belongs under, and when that phase began."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import duration
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item, mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines

TITLES = {
    "diagnostics": "Diagnose",
    "decision": "Decide",
    "containment": "Contain",
    "recovery": "Recover",
    "rollback": "Roll back",
    "scaling": "Scale",
    "verification": "Verify",
    "communication": "Notify",
}
Planned = Mapping[tuple[str, str], str]


def heading(title: str, seconds: float) -> Lines:
    return [[(f"[{elapsed(seconds)}] ", "dim"), (title, "head")]]


def elapsed(seconds: float) -> str:
    return f"{seconds:4.1f} s" if seconds < 99.95 else duration(round(seconds))


def of_item(role: str, item: Item, current: str, planned: Planned) -> str:
    """The heading an item belongs under; nothing when it has none of its own."""
    kind = item.get("kind")
    if kind in ("run", "report"):
        return ""
    if kind in ("lock", "break_glass", "read_again"):
        # Whoever brings them, they are part of what is under way.
        return of_task(role, current) or "Open"
    if kind == "catalog":
        return TITLES["diagnostics"]  # graded where it is decided from
    if kind == "change":
        role = _of_change(mapping(item.get("change")), planned) or role
    if role in TITLES:
        return TITLES[role]
    if role == "incident" and kind != "change":
        return "Record" if current else "Open"
    return current or "Open"


def _of_change(change: Item, planned: Planned) -> str:
    """The role `incident` writes it, on behalf of the phase that the plan names."""
    about = (str(change.get("service")), str(change.get("action")))
    return str(change.get("phase") or planned.get(about, ""))


def of_task(role: str, current: str) -> str:
    """The same for a task's own line (-v). Verification reads through another role: never back."""
    titles = list(TITLES.values())
    title = TITLES.get(role, current)
    known = current in titles and title in titles
    return current if known and titles.index(title) < titles.index(current) else title
