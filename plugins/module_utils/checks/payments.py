# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the end of every payment that was begun known, and is it the same on the chain as in the service's own books?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "payments"
REASONS = (
    "unreadable", "paid_twice", "unreconciled", "result_unknown", "lost", "no_node", "variable_missing",
)  # fmt: skip
SAID = {
    "paid_twice": "arrived more often than {} was to be paid: look at it by hand, and ask for the money back",
    "unreconciled": "of {} the chain and the service's own books say different things",
    "result_unknown": "of {} nobody knows the end yet, and sending it again could pay twice",
    "lost": "never arrived and no longer can: {}",
}


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    found = environment(reading.get("environment") or {})
    if reading["message"]:
        return [*found, finding("unknown", reading["reason"], reading["message"])]
    groups = reading["groups"]
    for reason, text in SAID.items():
        if groups[reason]:
            said = text.format(named(groups[reason]))
            found.append(finding("crit", reason, said, len(groups[reason]), "payments", 0))
    if found:
        return found
    said = f"{len(groups['underway'])} payments on their way, {reading['waiting']} not yet begun, none unclear"
    return [finding("ok", "ok", said, len(groups["underway"]), "payments")]


def environment(told: Mapping[str, bool]) -> list[Finding]:
    missing = [name for name, there in told.items() if not there]
    if not missing:
        return []
    said = f"not set where the payment service lives: {', '.join(missing)}"
    return [finding("warn", "variable_missing", said, len(missing), "variables", 0)]


def named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
    return f"{len(ids)} payments ({', '.join(ascii(one)[1:-1][:40] for one in ids[:5])}{more})"
