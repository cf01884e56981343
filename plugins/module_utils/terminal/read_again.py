# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Findings under the lock: when they say what was shown before, one line says so."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import (
    Page,
    hang,
    service_label,
)


def compare(before: Sequence[Item] | None, after: Sequence[Item]) -> str:
    """`same`, `moved` (the same findings with other figures) or `new`."""
    if before is None:
        return "new"
    if _keyed(before, "evidence") == _keyed(after, "evidence"):
        return "same"
    figures = ("evidence", "value", "threshold", "summary")
    return "moved" if _keyed(before, *figures) == _keyed(after, *figures) else "new"


def _keyed(rows: Sequence[Item], *without: str) -> list[str]:
    kept = ({key: row[key] for key in row if key not in without} for row in rows)
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in kept)


def render(item: Item, page: Page) -> Lines:
    said = "unchanged" if item.get("change") == "same" else "the same findings, with newer figures"
    prefix = service_label(item.get("service"), page)
    return hang(prefix, f"read again under the lock: {said}", page, "dim")
