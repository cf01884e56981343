# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command line without what may be a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import (
    HIDDEN,
    option_of,
    quote,
    split,
)

SECRET = re.compile(
    r"pass|pwd|secret|token|credential|(api|private|access|signing|encryption)_?key|_key$",
    re.IGNORECASE,
)
SECRET_IN_DATA = re.compile(
    rf"[\w-]*(?:{SECRET.pattern.replace('|_key$', '')})[\w-]*[\"']?\s*:", re.IGNORECASE
)
CREDENTIALS_IN_URL = re.compile(r"(://)[^/@\s]+@")


def redact(argv: Sequence[str]) -> list[str]:
    shown: list[str] = []
    hide = False
    for word in argv:
        shown.append(HIDDEN if hide else _redacted(word))
        hide = not hide and _asks_for_a_secret(word)
    return shown


def _asks_for_a_secret(word: str) -> bool:
    """Whether the next word is one. --ask-vault-password and its like take no value."""
    option = word.startswith("--") and not word.startswith("--ask")
    return option and "=" not in word and bool(SECRET.search(word))


def _redacted(word: str) -> str:
    word = CREDENTIALS_IN_URL.sub(rf"\1{HIDDEN}@", word)
    if SECRET_IN_DATA.search(word):
        return HIDDEN
    option = option_of(word)
    tokens = split(word[len(option) :])
    if tokens is None:
        return HIDDEN if SECRET.search(word) else word
    if not any(map(_secret, tokens)):
        return word
    return option + " ".join(
        f"{token.partition('=')[0]}={HIDDEN}" if _secret(token) else quote(token)
        for token in tokens
    )


def _secret(token: str) -> bool:
    name, equals, _value = token.partition("=")
    return bool(equals and SECRET.search(name))
