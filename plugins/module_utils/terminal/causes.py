# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The likely causes, the one to begin with first, each with the command to paste."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import (
    Item,
    items_of,
    mappings,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.findings import severity
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Line,
    Lines,
    blank,
    cell,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page, hang
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean

STYLES = {"likely": "", "possible": "possibly ", "asked": ""}


def render(item: Item, page: Page) -> Lines:
    causes = mappings(item.get("causes"))
    if not causes:
        return hang([INDENT], "nothing is wrong, so there is no cause to name", page)
    lines: Lines = []
    for cause in causes:
        lines += [[]] if lines else []
        lines += _cause(cause, page)
    return lines


def _cause(cause: Item, page: Page) -> Lines:
    number: Line = [INDENT, *cell(f"{clean(cause.get('rank'))}.", 3, right=True), (" ", "")]
    name = (
        f"{STYLES.get(str(cause.get('certainty')), '')}{clean(cause.get('service'), 60)}",
        "head",
    )
    below: Line = [blank(span(number))]
    grade = [] if cause.get("certainty") == "asked" else severity(cause.get("severity"))
    lines = hang([*number, *grade, name, INDENT], clean(cause.get("summary")), page)
    fallen = [clean(name, 60) for name in items_of(cause.get("affects"))]
    if fallen:
        lines += hang(below, f"it takes {', '.join(fallen)} with it", page)
    if cause.get("why"):
        lines += hang(below, clean(cause["why"]), page, "dim")
    if not cause.get("command"):
        return lines + hang(below, "no playbook is for this: look at it by hand", page)
    if page.on_awx:
        asked = f"launch {clean(cause.get('playbook'))} with the extra variable service={clean(cause.get('service'))}"
        return lines + hang(below, asked, page)
    # One line whatever its length, so that it can be copied as it stands.
    return [*lines, [*below, (clean(cause["command"], 4000), "command")]]
