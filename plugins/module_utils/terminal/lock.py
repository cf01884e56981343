# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the run has the service to itself."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    flow,
    hang,
    service_label,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


def render(item: Item, page: Page) -> Lines:
    label = service_label(item.get("service"), page)
    message = clean(item.get("message"))
    state = item.get("state")
    if state == "refused":
        said = message or "another run holds the lock"
        return flow(label, ("LOCKED", "crit"), f"  {said}", page)
    if state == "released" and not page.details:
        return []
    said = "lock released" if state == "released" else "lock taken"
    return hang(label, f"{said}: {message}" if message else said, page, "" if message else "dim")
