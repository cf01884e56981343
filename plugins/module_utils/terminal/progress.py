# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt of a verification that waits."""

from __future__ import annotations

import re

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Lines,
    span,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    NARROW,
    Page,
    hang,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.phases import elapsed
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean, clip


def render(item: Item, page: Page) -> Lines:
    prefix = [*service_label(item.get("service"), page), (f"{_elapsed(item):>8}", "dim"), INDENT]
    beside = page.width - span(prefix)
    room = beside if beside >= NARROW else page.width - 4
    return hang(prefix, clip(clean(item.get("text")), room), page)


def _elapsed(item: Item) -> str:
    seconds = item.get("elapsed_s")
    return elapsed(float(seconds)) if isinstance(seconds, (int, float)) else ""


def is_news(first: Item | None, last: Item | None, item: Item) -> bool:
    """Whether a further attempt is worth a line: in a long wait, only now and then.

    `first` and `last` are the attempts that were printed first and last.
    """
    if first is None or last is None:
        return True
    words = [re.sub(r"[\d.]+", "", str(attempt.get("text"))) for attempt in (last, item)]
    if words[0] != words[1]:
        return True
    began, before, now = (float(attempt.get("elapsed_s") or 0) for attempt in (first, last, item))
    waited = 5.0 if last.get("text") == item.get("text") else 0.0
    return now - before >= max(waited, (now - began) / 10)
