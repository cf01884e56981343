# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often does it have what it is asked for? Between two readings, not since its start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "redis_keys"
REASONS = ("evicting", "low_hit_rate")
# Of fewer lookups a rate says nothing.
FEWEST = 100


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None or document["rates"]["lookups"] < FEWEST:
        return []
    rates, limit = document["rates"], inputs["hit_percent"]
    said = (
        f"{rates['hit_percent']:g} % of {rates['lookups']} lookups within {rates['seconds']:g} s found their key; "
        f"{rates['evicted']} keys were evicted meanwhile"
    )
    if rates["hit_percent"] >= limit:
        return [finding("ok", "ok", said, rates["hit_percent"], "percent", limit)]
    reason = "evicting" if rates["evicted"] else "low_hit_rate"
    return [finding("warn", reason, said, rates["hit_percent"], "percent", limit)]
