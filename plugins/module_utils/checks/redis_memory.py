# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of its memory is used, and by what? A cache that evicts is full by design; any other refuses writes then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import (
    Finding,
    against,
    finding,
)

PROBE = "redis_keys"
REASONS = ("full", "fragmented", "no_limit")
MIB = 2**20
# Below this share of keys with an expiry, a volatile-* policy finds nothing to evict.
FEW_PERCENT = 10
FRAGMENTED, FRAGMENTED_BYTES = 1.5, 64 * MIB


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return []
    return [limit(document, inputs), *fragmentation(document["memory"])]


def limit(document: Mapping[str, Any], inputs: Mapping[str, Any]) -> Finding:
    memory = document["memory"]
    most = memory["maxmemory"] or memory.get("total_system_memory", 0)
    percent = 100 * memory["used_memory"] / most if most else 0.0
    severity, threshold = against(percent, inputs)
    said = sentence(document, most)
    if not memory["maxmemory"]:
        said += "; it has no maxmemory of its own, and may take all of its host's"
        severity, reason = ("ok", "ok") if severity == "ok" else ("warn", "no_limit")
        return finding(severity, reason, said, round(percent, 1), "percent", threshold)
    if evicts(document):
        severity, said = "ok", f"{said}; it makes room by itself ({memory['maxmemory_policy']})"
    reason = "ok" if severity == "ok" else "full"
    return finding(severity, reason, said, round(percent, 1), "percent", threshold)


def evicts(document: Mapping[str, Any]) -> bool:
    """Whether its policy has something to let go."""
    policy = str(document["memory"].get("maxmemory_policy", ""))
    if policy.startswith("volatile"):
        return bool(document["keys"]["with_ttl_percent"] >= FEW_PERCENT)
    return policy.startswith("allkeys")


def sentence(document: Mapping[str, Any], most: int) -> str:
    memory, keys = document["memory"], document["keys"]
    said = (
        f"{memory['used_memory'] // MIB} of {most // MIB} MiB are used by {keys['total']} keys, "
        f"{keys['with_ttl_percent']:g} % with an expiry ({memory.get('maxmemory_policy')})"
    )
    for prefix, share in keys["prefixes"].items():
        said += f"; {prefix} has about {share['keys']} keys, {share['bytes'] // MIB} MiB"
    if keys["big"]:
        big = keys["big"][0]
        said += f"; the largest of {keys['sampled']} sampled is {big['shape']} ({big['type']}, {big['bytes']} bytes)"
    return said


def fragmentation(memory: Mapping[str, Any]) -> list[Finding]:
    ratio, lost = memory.get("mem_fragmentation_ratio", 0), memory.get("mem_fragmentation_bytes", 0)
    if ratio < FRAGMENTED or lost < FRAGMENTED_BYTES:
        return []
    said = f"it takes {ratio:g} times the memory of its data, {lost // MIB} MiB more (see activedefrag)"
    return [finding("warn", "fragmented", said, ratio, "times", FRAGMENTED)]
