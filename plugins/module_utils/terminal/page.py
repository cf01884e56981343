# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lines are written for, and how a text is set on it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import typed
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import items_of
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Line,
    Lines,
    Span,
    blank,
    cell,
    plain,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import (
    clean,
    clip,
    columns,
    wrap,
)

WIDTH_WITHOUT_TERMINAL = 100
SERVICE_LIMIT = 24
# Beside a column that leaves less than this, text goes below it instead.
NARROW = 24


@dataclass(frozen=True)
class Page:
    width: int = WIDTH_WITHOUT_TERMINAL
    services: tuple[str, ...] = ()
    details: bool = False  # -v
    fold: bool = False  # a terminal: a long command is continued on the next line
    argv: tuple[str, ...] = ()
    on_awx: bool = False

    @property
    def several(self) -> bool:
        return len(self.services) > 1


def here(width: int, services: object, details: bool) -> Page:
    """The page this process writes on. A width of 0 is that of the terminal."""
    on_terminal = sys.stdout.isatty()
    return Page(
        width=width or _columns(on_terminal),
        services=tuple(map(str, items_of(services))),
        details=details,
        fold=on_terminal,
        argv=tuple(typed(sys.argv)),
        on_awx="AWX_HOST" in os.environ,
    )


def _columns(on_terminal: bool) -> int:
    if not on_terminal:
        return WIDTH_WITHOUT_TERMINAL
    # Asked each time: the window may be another size by now.
    return max(40, shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns - 1)


def hang(prefix: Line, text: str, page: Page, style: str = "") -> Lines:
    """The text beside its prefix, its further lines below its first."""
    indent = span(prefix)
    if page.width - indent < NARROW:
        parts = wrap(text, max(page.width - 4, NARROW))
        lines: Lines = [[blank(4), (part, style)] for part in parts]
        return [prefix, *lines] if plain(prefix) else lines
    first, *rest = wrap(text, page.width - indent)
    return [[*prefix, (first, style)], *([blank(indent), (part, style)] for part in rest)]


def flow(prefix: Line, lead: Span, text: str, page: Page) -> Lines:
    """A coloured beginning that the text goes on from."""
    indent = span(prefix)
    first, *rest = wrap(lead[0] + text, max(page.width - indent, NARROW))
    shown = min(len(lead[0]), len(first))
    line: Line = [*prefix, (first[:shown], lead[1]), (first[shown:], "")]
    return [line, *([blank(indent), (part, "")] for part in rest)]


def service_label(service: object, page: Page) -> Line:
    """Which service a line is about, where there are several."""
    if not page.several:
        return [INDENT]
    width = min(max(map(columns, page.services)), SERVICE_LIMIT)
    return [INDENT, *cell(clip(clean(service), width), width), INDENT]
