# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An item of which only the text is known."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    hang,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


def render(item: Item, page: Page) -> Lines:
    text = clean(item.get("text"))
    return hang(service_label(item.get("service"), page), text, page) if text else []
