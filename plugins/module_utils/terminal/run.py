# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first lines: what runs, on what, and where it is recorded."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item, items_of
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page, flow
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


def render(item: Item, page: Page) -> Lines:
    names = [clean(name) for name in items_of(item.get("services"))]
    on = f" on {', '.join(names) if len(names) < 7 else f'{len(names)} services'}" if names else ""
    environment = f" in {clean(item.get('environment'))}" if item.get("environment") else ""
    lines = flow([], (clean(item.get("scenario")), "head"), f"{on}{environment}", page)
    if item.get("incident"):
        lines += flow([], ("incident", "dim"), f" {clean(item['incident'])}", page)
    if item.get("check_mode"):
        lines += flow([], ("check mode", "warn"), ": nothing will be changed", page)
    return lines
