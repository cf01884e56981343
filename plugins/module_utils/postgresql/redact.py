# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A statement's text without what people wrote into it: any literal may be somebody's secret.

Lexical rules: PostgreSQL documentation, "Lexical Structure". Whether a backslash escapes in a
plain literal depends on standard_conforming_strings of that session, which nobody can see:
where it would matter, everything after is left out.
"""

from __future__ import annotations

import re

LONGEST = 200
MARK = "?"

_TOKENS = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*)
    | (?P<escaped>\b[eE]'(?:[^'\\]|''|\\.)*(?:'|\\?\Z))
    | (?P<plain>(?:\b[bBxXnN]|\b[uU]&)?'(?:[^']|'')*(?:'|\Z))
    | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<parameter>\$\d+)
    | (?P<name>"(?:[^"]|"")*(?:"|\Z)|[^\W\d][\w$]*)
    | (?P<number>(?:\d[\w.]*|\.\d[\w.]*)(?:(?<=[eE])[+-]\d+)?)
    """,
    re.VERBOSE | re.DOTALL,
)
# PASSWORD 'x' and OPTIONS (password 'x') lose their literal like any other. These are words
# after which even a bare word is a secret.
_SECRET_WORDS = re.compile(r"(?i)\b(password|passwd|pwd|secret|token)(\s*=\s*|\s+(?=\S))(\w\S*)")
# What may follow PASSWORD and is syntax, not a secret.
_HARMLESS = re.compile(
    r"(?i)(null|from|is|in|as|and|or|text|varchar|character|not|to|on|for|where)\b"
)


def redact(query: str | None) -> str | None:
    """One bounded line: literals and numbers are question marks, comments are gone."""
    if query is None:
        return None
    parts: list[str] = []
    position = 0
    while found := _TOKENS.search(query, position):
        parts.append(query[position : found.start()])
        position = found.end()
        kind, text = found.lastgroup or "", found.group()
        if kind == "tag":
            kind = "dollar"
        if kind == "comment" and text == "/*":
            position = _end_of_comment(query, position)
        if kind in ("name", "parameter"):
            parts.append(text)
        elif kind != "comment":
            parts.append(MARK)
        else:
            parts.append(" ")
        if kind == "plain" and "\\" in text:
            position = len(query)
            parts.append(" …")
    parts.append(query[position:])
    return _one_line("".join(parts))


def _end_of_comment(query: str, position: int) -> int:
    """Comments nest in PostgreSQL."""
    depth = 1
    while depth:
        found = re.compile(r"/\*|\*/").search(query, position)
        if not found:
            return len(query)
        depth += 1 if found.group() == "/*" else -1
        position = found.end()
    return position


def _one_line(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _SECRET_WORDS.sub(_without_secret, line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _without_secret(found: re.Match[str]) -> str:
    if _HARMLESS.match(found[3]):
        return found.group()
    return f"{found[1]}{found[2]}{MARK}"
