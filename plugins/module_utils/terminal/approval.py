# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command that lets one entry of a plan through."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import (
    fold,
    option_of,
    split,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import items_of, mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    Line,
    Lines,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page, hang
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.redact import redact
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


def approval(approve_with: str, label: Line, page: Page) -> Lines:
    """What was typed, and the approval."""
    if page.on_awx:
        asked = f"to approve it, launch it again with the extra variable {clean(approve_with)}"
        return hang(label, asked, page)
    words = [*redact(page.argv), "-e", approving(page.argv, approve_with)]
    room = page.width - span(label) if page.fold else None
    return [[*label, (line, "command")] for line in fold(words, room)]


def approving(argv: Sequence[str], approve_with: str) -> str:
    """The extra variable that keeps what was approved before: the last `approve` given wins."""
    names = [*_given(argv), approve_with.partition("=")[2]]
    if len(set(names)) == 1:
        return approve_with
    return json.dumps({"approve": list(dict.fromkeys(names))})


def _given(argv: Sequence[str]) -> list[str]:
    found: list[str] = []
    for word in argv:
        data = word[len(option_of(word)) :]
        if data.startswith("{"):
            found = _names(data) or found
            continue
        for token in split(data) or []:
            name, _equals, value = token.partition("=")
            found = [value] if name == "approve" and value else found
    return found


def _names(text: str) -> list[str]:
    try:
        value = mapping(json.loads(text)).get("approve")
    except ValueError:
        return []
    return [value] if isinstance(value, str) else [str(name) for name in items_of(value)]
