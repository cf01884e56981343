# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change: announced before it is made, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import clock, inline
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import (
    Item,
    items_of,
    mapping,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    Line,
    Lines,
    blank,
    cell,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    hang,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.undo import undo
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.verbs import doing


def render(item: Item, page: Page) -> Lines:
    change = mapping(item.get("change"))
    label = service_label(change.get("service"), page)
    status = str(change.get("status"))
    summary = clean(change.get("summary")) or clean(change.get("action"))
    number = f"change {change['number']}: " if change.get("number") else ""
    if status == "intended":
        return hang(label, f"{doing(summary)} …", page)
    if status == "failed":
        why = clean(change.get("message")) or f"could not {summary}"
        lines = hang(failed := [*label, *cell("FAILED", 8, "crit")], number + why, page)
        for text in undo(mapping(change.get("undo"))):
            lines += hang([blank(span(failed))], text, page)
        return lines
    if status == "reverted":
        return hang([*label, *cell("UNDONE", 8, "ok")], number + summary, page)
    prefix = [*label, *cell("DONE", 8, "ok")]
    lines = hang(prefix, number + (_came_of(change) or summary), page)
    below: Line = [blank(span(prefix))]
    for text in _afterwards(change):
        lines += hang(below, text, page)
    return lines


def _came_of(change: Item) -> str:
    """What it brought about, from the states before and after."""
    before, after = mapping(change.get("before")), mapping(change.get("after"))
    if after.get("summary"):
        return clean(after["summary"])
    parts = (_difference(key, before, value) for key, value in after.items() if key != "skipped")
    return ", ".join(part for part in parts if part)


def _difference(key: str, before: Item, value: object) -> str:
    name, now = clean(key).replace("_", " "), clean(inline(value), 60)
    if isinstance(value, list):
        return f"{len(value)} {name}"
    if key in before and before[key] != value:
        return f"{name} {clean(inline(before[key]), 60)} → {now}"
    return "" if value in (None, "", {}) else f"{name} {now}"


def _afterwards(change: Item) -> Iterable[str]:
    yield from _skipped(mapping(change.get("after")).get("skipped"))
    yield from undo(mapping(change.get("undo")))
    if change.get("expires_at"):
        yield f"expires at {clock(clean(change['expires_at']))} UTC"


def _skipped(value: object) -> Iterable[str]:
    """How many were left alone, and why, counted by reason."""
    if isinstance(value, Mapping):
        counts = Counter({_reason(why): count for why, count in value.items() if count})
    elif isinstance(value, int):
        counts = Counter({"": value})
    else:
        counts = Counter(map(_reason, items_of(value)))
    for why, count in counts.most_common():
        if count:
            yield f"{count} skipped" + (f": {why}" if why else "")


def _reason(entry: object) -> str:
    """A reason's name, as `began_a_transaction`, as words."""
    text = clean(entry.get("reason") if isinstance(entry, Mapping) else entry, 200)
    return text.replace("_", " ") if " " not in text else text
