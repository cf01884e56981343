# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redis does not serve, or not as it should.

What looks alike is told apart first: one that is down is started; one that hangs is restarted when
approved, because nobody can read what it has not saved; one that only refuses our password, loads
its data, or is a replica is left alone. A script that blocks it is ended while it has written
nothing, idle connections while it is full, and a save that failed is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    restarts,
    symptoms,
    thresholds,
    variables,
)

KIND = "redis"
INPUTS = (
    Input(
        "warn_percent",
        80,
        1,
        99,
        "percent of maxclients",
        "warn from here; idle connections are ended until usage is below it",
    ),
    Input("crit_percent", 95, 2, 100, "percent of maxclients", "critical from here"),
    Input(
        "idle_seconds", 300, 1, 86400, "seconds", "an idle connection may be ended from this age"
    ),
    Input("max_end", 100, 1, 5000, "connections", "end at most this many in one run"),
    Input("latency_ms", 100, 1, 10000, "milliseconds", "warn when a sample waits for so long"),
    replace(variables.MAX_RESTARTS, default=1),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = {
    **actions.some("start_service", "restart_server"),
    "end_clients": Action("containment", "safe"),
    "kill_script": Action("containment", "safe"),
    "save_again": Action("recovery", "safe"),
}
contradictions = thresholds.contradictions
DOWN = ("refused", "reset", "timeout")
BUSY = {"busy_script": "script", "busy_function": "function"}
LEFT_ALONE = {
    "auth_failed": "it is up and refuses the password of the catalog, which no restart changes; compare "
    "password_file with requirepass or the ACL of the server",
    "no_permission": "our user may not ask it (ACL): allow it +ping +info +client +config|get +slowlog|get",
    "protected_mode": "it is up, in protected mode, and takes only local connections; set a password, or use via: exec",
    "loading": "it loads its data set and serves by itself when that is done; a restart would begin anew",
    "replica": "it is a replica: nothing is done to it from here, and never REPLICAOF NO ONE. Name the primary in the "
    "catalog, or let Sentinel fail over",
    "replica_link_down": "it is a replica that has lost its primary: look at the primary first; Sentinel, or a person, "
    "promotes a replica, never a runbook",
}
NO_WAY_BACK = {"none": "clients connect again by themselves"}


def plan(situation: Situation) -> list[Entry]:
    access, role = situation.finding("redis_access"), situation.finding("redis_role")
    if access is None:
        return []
    for found in (role, access):
        if found and found["reason"] in LEFT_ALONE:
            return [left_alone(situation, found)]
    if access["reason"] in (*DOWN, "unreachable"):
        return bring_back(situation, access)
    if access["reason"] in BUSY:
        return [kill_script(situation, access)]
    if access["reason"] == "max_clients":
        return [nobody_gets_in(situation, access), restart(with_platform(situation), access)]
    return [*save_again(situation), *end_clients(situation)]


def left_alone(situation: Situation, found: Finding) -> Entry:
    why = LEFT_ALONE[found["reason"]]
    return propose(
        "restart_server",
        situation.service,
        found,
        f"restart {situation.service}",
        "refused",
        f"a restart would not help: {why}",
    )


def with_platform(situation: Situation) -> Situation:
    """What the platform says counts only while Redis says nothing itself."""
    reading = situation.readings.get("workload")
    told = workload.grade(reading, {}) if reading else []
    more = [{"check": "workload", "service": situation.service, **one} for one in told]
    return replace(situation, findings=[*situation.findings, *more])


def bring_back(situation: Situation, found: Finding) -> list[Entry]:
    """Where there is no way to it (no container to look into), only its platform can say that it is down."""
    known = with_platform(situation)
    said = symptoms.symptom(known)
    if said and said["reason"] == "stopped":
        return [restarts.start(known, found)]
    return [restart(known, found)] if found["reason"] in DOWN else []


def restart(situation: Situation, found: Finding) -> Entry:
    refused = symptoms.first(
        symptoms.forbidden(situation),
        symptoms.obstacle(situation, "restart"),
        restarts.too_often(situation),
    )
    unsaved = (
        "nobody can ask it what it has not saved: that may be lost, unless it saves at its end"
    )
    return propose(
        "restart_server",
        situation.service,
        found,
        f"restart {situation.service}",
        "refused" if refused else "planned",
        refused or unsaved,
        before=symptoms.state(situation),
        undo={"none": "what ran before is gone; its logs and its state are kept as evidence"},
    )


def kill_script(situation: Situation, found: Finding) -> Entry:
    what = BUSY[found["reason"]]
    return propose(
        "kill_script",
        situation.service,
        found,
        f"end the {what} that blocks it, which the server does only when it has written nothing",
        parameters={"what": what},
        undo={"none": f"a {what} that was ended has written nothing; its caller gets an error"},
    )


def save_again(situation: Situation) -> list[Entry]:
    found = situation.finding("redis_persistence")
    if found is None or found["severity"] != "crit":
        return []
    why = ""
    if found["reason"] == "aof_write_failed":
        why = "the server writes its append-only file again by itself once there is room; make room first"
    return [
        propose(
            "save_again",
            situation.service,
            found,
            "save what it holds to its disk again (BGSAVE)",
            "refused" if why else "planned",
            why,
            before={"rdb_last_bgsave_status": "err"},
            undo={"none": "a save changes no key"},
        )
    ]


def end_clients(situation: Situation) -> list[Entry]:
    found = situation.finding("redis_clients")
    if found is None or found["severity"] == "ok":
        return []
    clients, inputs = situation.readings["redis"]["document"]["clients"], situation.inputs
    needed = thresholds.too_many(
        clients["connected"], clients["maxclients"], inputs["warn_percent"]
    )
    chosen = clients["endable"][: min(needed, inputs["max_end"])]
    summary = f"end {many(len(chosen), 'idle connection')}, the longest idle first"
    status, why = ("planned", "") if chosen else none_to_end(clients, inputs)
    if chosen and len(chosen) < needed:
        cap = len(clients["endable"]) > inputs["max_end"]
        limit = f"max_end={inputs['max_end']} is the cap" if cap else "no more of them may be ended"
        why = f"{many(needed, 'connection')} would have to go, but {limit}"
    return [
        propose(
            "end_clients",
            situation.service,
            found,
            summary if chosen else "end idle connections",
            status,
            why,
            {"clients": [{"id": one["id"], "addr": one["addr"]} for one in chosen]},
            {"connected": clients["connected"], "maxclients": clients["maxclients"]},
            NO_WAY_BACK,
        )
    ]


def none_to_end(clients: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[str, str]:
    if not clients["listed"]:
        return "refused", "our user may not list the connections: allow it +client (ACL)"
    kept = {why: number for why, number in clients["kept"].items() if why not in ("own", "young")}
    if clients["kept"].get("young", 0) > sum(kept.values()):
        limit = inputs["idle_seconds"]
        return "refused", (
            f"none is idle for idle_seconds={limit} yet; for shorter ones add -e idle_seconds=SECONDS; the "
            "application's pools are too large, or somebody leaks"
        )
    named = ", ".join(f"{number} {why.replace('_', ' ')}" for why, number in kept.items())
    return "refused", f"the connections are those that are never ended ({named})"


def nobody_gets_in(situation: Situation, found: Finding) -> Entry:
    why = (
        "nobody gets in, and Redis keeps no connection for who could help: stop one instance of an application that "
        "uses it, then run this again at once"
    )
    return propose(
        "end_clients",
        situation.service,
        found,
        "end idle connections",
        "refused",
        why,
        undo=NO_WAY_BACK,
    )
