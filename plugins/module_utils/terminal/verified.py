# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The result of a verification. Only the word that says so proves it."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import duration
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
    status = item.get("status")
    label = service_label(item.get("service"), page)
    if status == "not_needed":
        return hang(label, "nothing to verify", page, "dim") if page.details else []
    text = clean(item.get("text"))
    attempts = item.get("attempts") or 0
    facts = [f"{attempts} reading" + ("" if attempts == 1 else "s")]
    if status != "verified":
        said = f"  {text} ({facts[0]})" if text else f"  ({facts[0]})"
        return flow(label, ("NOT HEALTHY", "crit"), said, page)
    if item.get("time_to_healthy_s") is not None:
        facts.append(f"healthy {duration(item['time_to_healthy_s'])} after the start")
    said = text or f"healthy, held for {duration(item.get('held_s'))}"
    return flow(label, ("VERIFIED", "ok"), f"  {said} ({', '.join(facts)})", page)
