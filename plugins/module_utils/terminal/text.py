# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text as a terminal shows it: what is safe to print, how wide it is, where it breaks."""

from __future__ import annotations

import unicodedata

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import visible

LIMIT = 1000


def clean(value: object, limit: int = LIMIT) -> str:
    """One line without anything that hides, moves or reorders; nothing for no value."""
    return "" if value is None else visible(value, limit)


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, room: int) -> str:
    """As much of the text as fits, with an ellipsis where something is missing."""
    if columns(text) <= room:
        return text
    while text and columns(text) > room - 1:
        text = text[:-1]
    return f"{text}…"


def wrap(text: str, room: int) -> list[str]:
    """The text in lines of at most `room` columns."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= room:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if columns(lines[-1] + character) > room:
                lines.append("")
            lines[-1] += character
    return lines
