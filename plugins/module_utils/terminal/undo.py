# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a change is undone, or that it cannot be."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item, mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


def undo(way: Item) -> Iterable[str]:
    """No line, or one."""
    how = mapping(way.get("how"))
    if how:
        yield f"undo: {clean(how.get('summary')) or clean(how.get('action'))}"
    elif way.get("none"):
        yield f"no undo: {clean(way['none'])}"
