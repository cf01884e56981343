# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A table: service, severity, the value against its threshold, what it means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import NOTHING, figure
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item, mappings
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
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
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import (
    clean,
    clip,
    columns,
)

# The worst first.
SEVERITIES = {
    "crit": ("CRIT", "crit"),
    "unknown": ("UNKNOWN", "unknown"),
    "warn": ("WARN", "warn"),
    "ok": ("OK", "ok"),
}
FIGURES = ("value", "threshold")
FIGURE_LIMIT = 18


def render(item: Item, page: Page) -> Lines:
    rows = sorted(mappings(item.get("findings")), key=rank)
    label = service_label(item.get("service"), page)
    if not rows:
        return hang([*label, *severity("unknown")], "nothing was read", page)
    fine = [row for row in rows if row.get("severity") == "ok"]
    if page.details or not page.several:
        fine = []
    told = [row for row in rows if row not in fine]
    widths = [_width(told, name) for name in FIGURES]
    lines = _titles(label, widths)
    for row in told:
        lines += hang(
            _figures([*label, *severity(row.get("severity"))], row, widths),
            summary(row, page),
            page,
        )
    if fine:
        names = ", ".join(dict.fromkeys(clean(row.get("check")) for row in fine))
        lines += hang([*label, *severity("ok")], names, page)
    return lines


def _known(severity: object) -> str:
    """What is not known to be ok is not ok."""
    return str(severity) if str(severity) in SEVERITIES else "unknown"


def rank(row: Item) -> int:
    return list(SEVERITIES).index(_known(row.get("severity")))


def severity(severity: object) -> Line:
    word, style = SEVERITIES[_known(severity)]
    return [*cell(word, len("UNKNOWN"), style), INDENT]


def _figures(prefix: Line, row: Item, widths: Sequence[int]) -> Line:
    for name, width in zip(FIGURES, widths, strict=True):
        prefix += [*cell(_figure(row, name), width, right=True), INDENT] if width else []
    return prefix


def _figure(row: Item, name: str) -> str:
    unit = row.get("unit")
    text = figure(row.get(name), None if unit is None else clean(unit, 12))
    return clip(clean(text), FIGURE_LIMIT)


def _width(rows: Iterable[Item], name: str) -> int:
    """The width of a column of figures; 0 when there are none."""
    texts = [_figure(row, name) for row in rows]
    if all(text == NOTHING for text in texts):
        return 0
    return max(len(name), *map(columns, texts))


def _titles(label: Line, widths: Sequence[int]) -> Lines:
    if not any(widths):
        return []
    line: Line = [blank(span(label) + len("UNKNOWN  "))]
    for name, width in zip(FIGURES, widths, strict=True):
        line += [*cell(name, width, "dim", right=True), INDENT] if width else []
    return [line]


def summary(row: Item, page: Page) -> str:
    text = clean(row.get("summary")) or clean(row.get("reason")) or clean(row.get("check"))
    if not page.details:
        return text
    return f"{text} ({clean(row.get('check'))}: {clean(row.get('reason'))})"
