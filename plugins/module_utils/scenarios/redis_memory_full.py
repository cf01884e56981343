# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redis has no memory left for what is written to it.

It gets more for a time where its host or container has it; what its catalog calls a cache is
unlinked when that is approved, in batches, and only as much as is needed. Nothing else is ever deleted.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    symptoms,
    thresholds,
    variables,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services.memory import SHARE_PERCENT

KIND = "redis"
MIB = 2**20
INPUTS = (
    Input(
        "warn_percent", 80, 1, 99, "percent of maxmemory", "warn from here; it is brought below it"
    ),
    Input("crit_percent", 95, 2, 100, "percent of maxmemory", "critical from here"),
    Input("hit_percent", 80, 1, 100, "percent of lookups", "warn when fewer find their key"),
    Input("interval_seconds", 2, 1, 60, "seconds", "the hit rate is measured over this long"),
    Input("latency_ms", 100, 1, 10000, "milliseconds", "warn when a sample waits for so long"),
    Input("max_unlink", 10000, 1, 1000000, "keys", "unlink at most this many in one run"),
    Input(
        "maxmemory_mib",
        None,
        1,
        1048576,
        "MiB",
        "target of the raise of maxmemory; default: a quarter more",
    ),
    variables.expiry(60),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = {
    "raise_maxmemory": Action("scaling", "safe"),
    # What is asked of a cache that was emptied is asked of the database behind it.
    "unlink_cache": Action("containment", "disruptive"),
}
contradictions = thresholds.contradictions
FILLS_AGAIN = {
    "none": "a cache is filled again by its application; which keys went is in the evidence"
}


def plan(situation: Situation) -> list[Entry]:
    access, role = situation.finding("redis_access"), situation.finding("redis_role")
    if access is None or access["severity"] != "ok":
        return []
    if role is None or role["severity"] != "ok":
        return [on_a_replica(situation, role or access)]
    found = symptom(situation)
    if found is None:
        return []
    more = raise_maxmemory(situation, found)
    if found["check"] == "redis_hit_rate":
        return [more]
    return weighed(situation, unlink_cache(situation, found), more)


def symptom(situation: Situation) -> Finding | None:
    """Writes that are refused come before a cache that is too small."""
    for check, reasons in (("redis_memory", ("full",)), ("redis_hit_rate", ("evicting",))):
        found = situation.finding(check)
        if found and found["reason"] in reasons:
            return found
    return None


def on_a_replica(situation: Situation, found: Finding) -> Entry:
    why = "it is a replica: its keys are its primary's; name the primary in the catalog. Nothing is promoted from here"
    return propose(
        "unlink_cache",
        situation.service,
        found,
        "unlink cache keys",
        "refused",
        why,
        undo=FILLS_AGAIN,
    )


def weighed(situation: Situation, less: Entry, more: Entry) -> list[Entry]:
    """One of the two is enough; what deletes nothing comes first, unless the other was asked for."""
    if less["status"] == "planned" and situation.approved("unlink_cache"):
        if more["status"] == "planned":
            more.update(status="not_needed", why="unlinking the cache was approved and comes first")
    elif less["status"] == "planned" and more["status"] == "planned":
        why = "more memory comes first; to unlink instead: -e approve=unlink_cache"
        less.update(status="not_needed", why=why)
    return [less, more]


def document(situation: Situation) -> Any:
    return situation.readings["redis_keys"]["document"]


def unlink_cache(situation: Situation, found: Finding) -> Entry:
    memory, prefixes = document(situation)["memory"], document(situation)["keys"]["prefixes"]
    # A little more than to the threshold, which the next write would cross again.
    allowed = memory["maxmemory"] * max(0, situation.inputs["warn_percent"] - 1) // 100
    wanted = max(1, memory["used_memory"] - allowed)
    there = sum(share["keys"] for share in prefixes.values())
    weight = sum(share["bytes"] for share in prefixes.values()) // there if there else 0
    many = min(situation.inputs["max_unlink"], wanted // weight + 1) if weight else 0
    path = f"runbooks_services.{situation.service}.redis.cache_prefixes"
    named = ", ".join(prefixes) or "none declared"
    why = ""
    if not prefixes:
        why = f"the catalog calls no keys a cache, and nothing else is deleted; for example {path}: [cache:]"
    elif not there:
        why = f"none of the sampled keys begins with {named}: what fills it is no cache"
    return propose(
        "unlink_cache",
        situation.service,
        found,
        f"unlink about {many} keys of the cache ({named}) to free {wanted // MIB + 1} MiB",
        "refused" if why else "planned",
        why or cap(situation, wanted, weight),
        {"prefixes": list(prefixes), "free_bytes": wanted, "at_most": many},
        {"used_memory": memory["used_memory"], "maxmemory": memory["maxmemory"]},
        FILLS_AGAIN,
    )


def cap(situation: Situation, wanted: int, weight: int) -> str:
    most = situation.inputs["max_unlink"]
    return (
        f"max_unlink={most} is the cap, and more would have to go"
        if wanted // weight + 1 > most
        else ""
    )


def raise_maxmemory(situation: Situation, found: Finding) -> Entry:
    now = document(situation)["memory"]["maxmemory"]
    given = situation.inputs["maxmemory_mib"]
    wanted = given * MIB if given else now * 5 // 4
    why = symptoms.first(
        symptoms.in_maintenance(situation), lower(now, wanted), room(situation, now, wanted)
    )
    return propose(
        "raise_maxmemory",
        situation.service,
        found,
        f"raise maxmemory from {now // MIB} to {wanted // MIB} MiB",
        "refused" if why else "planned",
        why,
        {"bytes": wanted},
        {"maxmemory": now},
        {
            "how": {
                "action": "raise_maxmemory",
                "parameters": {"bytes": now},
                "summary": f"set maxmemory to {now // MIB} MiB again",
            }
        },
        situation.inputs["expires_minutes"],
    )


def lower(now: int, wanted: int) -> str:
    if wanted > now:
        return ""
    return f"maxmemory is {now // MIB} MiB already; give a higher one, as -e maxmemory_mib={now * 5 // 4 // MIB + 1}"


def room(situation: Situation, now: int, wanted: int) -> str:
    """A container is killed at its limit; a host without one gives what it has left."""
    limit = symptoms.workload(situation).get("limits", {}).get("memory_bytes")
    if limit:
        most = limit * SHARE_PERCENT // 100
        if wanted <= most:
            return ""
        return (
            f"{wanted // MIB} MiB are more than {SHARE_PERCENT} % of its own limit of {limit // MIB} MiB, the rest of "
            "which it needs to save and to copy to replicas; give a smaller one, or raise that limit first"
        )
    available = (situation.readings.get("memory") or {}).get("available_bytes")
    if available is None:
        return "nobody tells how much memory its host has left; raise it where it is deployed"
    left = available * SHARE_PERCENT // 100
    if wanted - now <= left:
        return ""
    return f"{(wanted - now) // MIB} MiB more are not there: its host can give {left // MIB} MiB"
