# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A line is a list of spans, each a text and the name of its style.

What colour a style has is the callback's business. A style never says what a word does
not say, too.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import columns

Span = tuple[str, str]
Line = list[Span]
Lines = list[Line]

INDENT: Span = ("  ", "")


def blank(width: int) -> Span:
    return " " * width, ""


def cell(text: str, width: int, style: str = "", right: bool = False) -> Line:
    """A column of a row; what fills it up is outside the coloured word."""
    gap = blank(width - columns(text))
    return [gap, (text, style)] if right else [(text, style), gap]


def span(line: Line) -> int:
    return sum(columns(text) for text, _style in line)


def paint(line: Line, brush: Callable[[str, str], str]) -> str:
    """A line as text; `brush` colours a text by the name of its style."""
    painted = "".join(brush(text, style) if style and text else text for text, style in line)
    return painted.rstrip()


def plain(line: Line) -> str:
    return paint(line, lambda text, style: text)
