# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command for another playbook, as whoever typed this one would type it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import (
    option_of,
    quote,
    split,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.redact import redact

EXTRA_VARS = re.compile(r"--e[\w-]*|-e")
# The next playbook decides for itself what it does; a limit of this one may leave out its service.
WITHOUT = ("-C", "--check", "--syntax-check")


@dataclass
class Playbook:
    """The other playbook: as the sibling of this one, or, when this one was imported by
    somebody's own, where it lies."""

    own: str
    other: str
    path: str
    replaced: bool = False

    def instead_of(self, word: str) -> str:
        self.replaced = True
        found = re.fullmatch(rf"((?:.*/)?){re.escape(self.own)}(\.ya?ml)", word)
        if found:
            return f"{found[1]}{self.other}{found[2]}"
        name = re.fullmatch(rf"(\w+\.\w+\.){re.escape(self.own)}", word)
        return f"{name[1]}{self.other}" if name else self.path


def command(
    argv: Sequence[str],
    typed: Collection[str],
    other: Playbook,
    dropped: Collection[str],
    given: Mapping[str, str],
) -> str:
    """To paste: the same inventory and credentials, the other playbook, its own variables.

    `typed` are the playbooks among the words; `dropped` the variables that only this one knows.
    """
    words: list[str] = []
    for word in _without(argv, dropped):
        if word in typed:
            # Of several playbooks that were typed, one becomes ours and the rest are left out.
            words += [] if other.replaced else [other.instead_of(word)]
        elif word not in WITHOUT:
            words.append(word)
    for name, value in given.items():
        words += ["-e", f"{name}={value}"]
    return " ".join(map(quote, redact(words)))


def _without(argv: Sequence[str], dropped: Collection[str]) -> Iterator[str]:
    """Without the extra variables that are dropped, and without their options."""
    words = iter(argv)
    for word in words:
        if EXTRA_VARS.fullmatch(word):
            kept = _kept(next(words, ""), dropped)
            if kept:
                yield from (word, kept)
            continue
        option = option_of(word)
        kept = _kept(word[len(option) :], dropped) if option else word
        if kept:
            yield option + kept if option else kept


def _kept(data: str, dropped: Collection[str]) -> str:
    """What is left of one word of extra variables."""
    if data.startswith("@"):
        return data
    if data.startswith("{"):
        return _kept_json(data, dropped)
    tokens = split(data)
    if tokens is None:
        return data
    kept = [token for token in tokens if token.partition("=")[0] not in dropped]
    return data if len(kept) == len(tokens) else " ".join(map(quote, kept))


def _kept_json(data: str, dropped: Collection[str]) -> str:
    try:
        given = json.loads(data)
    except ValueError:
        return data  # YAML in braces: whoever wrote it has to look
    kept = {name: value for name, value in given.items() if name not in dropped}
    if len(kept) == len(given):
        return data
    return json.dumps(kept) if kept else ""
