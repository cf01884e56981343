# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of a command line: as they were typed, and as they can be typed again."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import visible
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import columns

HIDDEN = "***"
EXTRA_VARS = re.compile(r"--e[\w-]*=|-[A-Za-df-z]*e")
BARE = re.compile(r"[\w@%+=:,./*~-]+")


def typed(argv: Sequence[str]) -> list[str]:
    """What was typed: the program by its name, when that is what the shell would find."""
    program, *words = argv
    name = Path(program).name
    return [name if shutil.which(name) == program else program, *words]


def option_of(word: str) -> str:
    """The option that a word of extra variables begins with, as in -ename=value."""
    match = EXTRA_VARS.match(word)
    return match.group() if match else ""


def split(text: str) -> list[str] | None:
    """As Ansible reads the variables of one word; None when it cannot be read."""
    try:
        return shlex.split(text)
    except ValueError:
        return None


def quote(word: str) -> str:
    """The word for a shell. What would move a terminal's cursor is written as an escape."""
    if HIDDEN in word and BARE.fullmatch(word):
        return word
    if word.isprintable() and visible(word) == word:
        return shlex.quote(word)
    codes = (
        character if " " <= character <= "~" and character not in "\\'" else _escape(character)
        for character in word
    )
    return f"$'{''.join(codes)}'"


def _escape(character: str) -> str:
    encoded = character.encode("utf-8", "surrogateescape")
    return "".join(f"\\x{byte:02x}" for byte in encoded)


def fold(words: Sequence[str], room: int | None) -> list[str]:
    """The command in lines to copy. Never wrapped: folded between its arguments, or one line."""
    first, *rest = _arguments(words)
    lines = [first]
    for part in rest:
        if room is not None and columns(f"{lines[-1]} {part}") > room - len("  \\"):
            lines[-1] += " \\"
            lines.append(f"  {part}")
        else:
            lines[-1] += f" {part}"
    return lines


def _arguments(words: Sequence[str]) -> list[str]:
    """Quoted, and each option with its value."""
    parts: list[str] = []
    for word in map(quote, words):
        if parts and re.fullmatch(r"--?[\w-]+", parts[-1]) and not word.startswith("-"):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    return parts
