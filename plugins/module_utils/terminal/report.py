# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last block: where the record is, how it ended, what to do next."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import duration
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.approval import approval
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import (
    Item,
    items_of,
    mapping,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Line,
    Lines,
    blank,
    cell,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    SERVICE_LIMIT,
    Page,
    flow,
    hang,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import (
    clean,
    clip,
    columns,
)

OUTCOMES = {
    "healthy": ("ok", "nothing wrong was found"),
    "recovered": ("ok", "changed, and verified"),
    "done": ("ok", "the work is done, and verified"),
    "planned": ("warn", "nothing was changed; there is work to do"),
    "attention": ("warn", "something is wrong that this playbook only reports"),
    "needs_approval": ("warn", "a step waits for an approval"),
    "refused": ("crit", "a step that is called for was refused"),
    "locked": ("crit", "somebody else works on it"),
    "unrecovered": ("crit", "not healthy, or not proven to be"),
    "error": ("crit", "the run could not do its work"),
}


def render(item: Item, page: Page) -> Lines:
    lines: Lines = [[], *_path(mapping(item.get("files")).get("html"), page)]
    word, style, meaning = outcome(item.get("outcome"))
    took = item.get("duration_s")
    said = f" after {duration(took)}" if isinstance(took, (int, float)) else ""
    said += f": {meaning}" if meaning else ""
    lines += flow(_field("Outcome"), (word, style), said, page)
    lines += _by_service(mapping(item.get("outcomes")))
    if item.get("next_step"):
        lines += hang(_field("Next step"), clean(item["next_step"]), page)
    for approve_with in items_of(item.get("approvals")):
        lines += approval(str(approve_with), _field(""), page)
    return lines


def outcome(name: object) -> tuple[str, str, str]:
    """The word, the style and the meaning of an outcome."""
    style, meaning = OUTCOMES.get(str(name), ("crit", ""))
    return clean(name).upper().replace("_", " "), style, meaning


def _path(path: object, page: Page) -> Lines:
    """Never wrapped, so that it can be copied."""
    if not path:
        return []
    shown, field = (clean(path), ""), _field("Report")
    return [[*field, shown]] if span([*field, shown]) <= page.width else [field, [INDENT, shown]]


def _field(name: str) -> Line:
    return [INDENT, *cell(name, 9, "dim"), INDENT]


def _by_service(outcomes: Item) -> Lines:
    if len(outcomes) < 2:
        return []
    names = {name: clip(clean(name), SERVICE_LIMIT) for name in outcomes}
    width = max(map(columns, names.values()))
    lines: Lines = []
    for name, result in outcomes.items():
        word, style, _meaning = outcome(result)
        lines.append([blank(13), *cell(names[name], width), INDENT, (word, style)])
    return lines
