# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A use of the administrator's connection."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    flow,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


def render(item: Item, page: Page) -> Lines:
    label = service_label(item.get("service"), page)
    said = f"  administrator's connection used, to {clean(item.get('purpose'))}"
    return flow(label, ("BREAK GLASS", "warn"), said, page)
