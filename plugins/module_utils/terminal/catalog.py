# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was found in a whole catalog: a line for each finding that says something, one for the rest."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import (
    Item,
    mappings,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.findings import (
    rank,
    severity,
    summary,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    Lines,
    blank,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    hang,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import (
    clean,
)


def render(item: Item, page: Page) -> Lines:
    by_service: dict[str, list[Item]] = {}
    for row in mappings(item.get("findings")):
        by_service.setdefault(clean(row.get("service")), []).append(row)
    lines: Lines = []
    for name, rows in sorted(by_service.items(), key=lambda pair: min(map(rank, pair[1]))):
        label = service_label(name, page)
        for row in _told(rows, page):
            lines += hang([*label, *severity(row.get("severity"))], summary(row, page), page)
            label = [blank(span(label))]
    fine = [name for name, rows in by_service.items() if not _told(rows, page)]
    if fine:
        label = [blank(span(service_label("", page)))]
        lines += hang([*label, *severity("ok")], ", ".join(fine), page)
    return lines


def _told(rows: list[Item], page: Page) -> list[Item]:
    """What says something, the worst first. That more could not be read of what is down, follows."""
    rows = sorted(rows, key=rank)
    if page.details:
        return rows
    critical = any(row.get("severity") == "crit" for row in rows)
    passed_over = ("ok", "unknown") if critical else ("ok",)
    return [row for row in rows if row.get("severity") not in passed_over]
