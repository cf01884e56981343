# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each entry of a plan: its status, its risk, what it would do, and why it has this status."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.approval import approval
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import (
    Item,
    mapping,
    mappings,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Line,
    Lines,
    Span,
    blank,
    cell,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    hang,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean, columns
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.undo import undo

STATUSES = {
    "planned": ("PLANNED", "ok"),
    "needs_approval": ("NEEDS APPROVAL", "warn"),
    "refused": ("REFUSED", "crit"),
    "not_needed": ("NOT NEEDED", "dim"),
}
RISKS = {"safe": "ok", "disruptive": "warn", "destructive": "crit"}
ROOM_FOR_COMMAND = 60


def render(item: Item, page: Page) -> Lines:
    entries = mappings(item.get("entries"))
    label = service_label(item.get("service"), page)
    if not entries:
        return hang(label, "nothing to do", page)
    rows = [(_status(entry), _risk(entry)) for entry in entries]
    widths = [max(columns(row[column][0]) for row in rows) for column in (0, 1)]
    lines: Lines = []
    for entry, row in zip(entries, rows, strict=True):
        prefix = list(label)
        for (word, style), width in zip(row, widths, strict=True):
            prefix += [*cell(word, width, style), INDENT]
        lines += hang(prefix, clean(entry.get("summary")), page)
        lines += _below(entry, span(prefix), page)
    return lines


def _status(entry: Item) -> Span:
    status = entry.get("status")
    return STATUSES.get(str(status), (clean(status, 20).upper(), ""))


def _risk(entry: Item) -> Span:
    risk = clean(entry.get("risk"), 12)
    return risk, RISKS.get(risk, "")


def _below(entry: Item, indent: int, page: Page) -> Lines:
    below: Line = [blank(indent)]
    lines: Lines = []
    for text in _reasons(entry, page):
        lines += hang(below, text, page)
    if _waits(entry):
        beside = page.width - indent >= ROOM_FOR_COMMAND
        label = below if beside else [INDENT, INDENT]
        lines += approval(str(entry["approve_with"]), label, page)
    return lines


def _waits(entry: Item) -> bool:
    return entry.get("status") == "needs_approval" and bool(entry.get("approve_with"))


def _reasons(entry: Item, page: Page) -> Iterable[str]:
    why = clean(entry.get("why"))
    # Said of every change that no rule holds back.
    if why and (page.details or why != f"{entry.get('risk')} changes need no approval here"):
        yield f"why: {why}"
    way_back = mapping(entry.get("undo"))
    to_come = entry.get("status") in ("planned", "needs_approval")
    # Where there is no way back, it is said before anything is done.
    if to_come and (way_back.get("none") or page.details):
        yield from undo(way_back)
    if _waits(entry) and not page.on_awx:
        yield "to approve it:"


def signature(entries: Sequence[Item]) -> str:
    """Two plans with the same signature say the same to a person."""
    names = ("phase", "action", "service", "risk", "status", "summary", "why", "approve_with")
    said = [{name: entry.get(name) for name in names} for entry in entries]
    return json.dumps(said, sort_keys=True, default=str)
