# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the namespace's quota hold more pods of this kind?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.quantities import (
    amount,
)


def exceeded(seen: Observed, more: int) -> str:
    """Which quota so many more pods would go beyond; nothing when each holds them."""
    if more < 1:
        return ""
    each = per_pod(seen.workload["spec"]["template"]["spec"])
    for quota in seen.quotas:
        spec, status = quota["spec"], quota.get("status") or {}
        # One with a scope counts only some pods: whether these, the API server says.
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue
        for name, hard in (status.get("hard") or {}).items():
            used = amount((status.get("used") or {}).get(name, "0"))
            needed = each.get(name, Decimal(0)) * more
            if needed and used + needed > amount(hard):
                return (
                    f"the quota {quota['metadata']['name']} allows {hard} of {name} in this namespace, "
                    f"{used.normalize():f} are used and {more} more pods need {needed.normalize():f}"
                )
    return ""


def per_pod(spec: Mapping[str, Any]) -> dict[str, Decimal]:
    """By the names that quotas use."""
    total: dict[str, Decimal] = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for one in spec["containers"]:
        resources = one.get("resources") or {}
        limits = resources.get("limits") or {}
        # A request that is not given is the limit.
        requests = {**limits, **(resources.get("requests") or {})}
        for kind, given in (("requests", requests), ("limits", limits)):
            for name, text in given.items():
                key = f"{kind}.{name}"
                total[key] = total.get(key, Decimal(0)) + amount(text)
    for name in ("cpu", "memory"):
        if f"requests.{name}" in total:
            total[name] = total[f"requests.{name}"]
    return total
