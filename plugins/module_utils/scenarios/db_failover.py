# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The primary of a PostgreSQL cluster is gone: once that is proven and it is fenced, a standby takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import cluster, fencing
from ansible_collections.oncall.runbooks.plugins.module_utils.services import variables

KIND = "postgresql"
# The machine of the primary, where its lock lies, may be what is gone.
HOST_MAY_BE_GONE = True
INPUTS = (
    Input("max_lag_kib", 16384, 0, 1073741824, "KiB", "a standby with more still to replay is not promoted"),
    Input("gone_seconds", 10, 0, 600, "seconds", "the primary must be gone for this long before it is fenced"),
    variables.HOLD,
    variables.TIMEOUT,
)  # fmt: skip
ACTIONS: dict[str, Action] = {
    "fence_primary": Action("containment", "destructive"),
    "promote_replica": Action("recovery", "destructive"),
    # Nothing that is done by itself: what a promotion may cost, accepted by name.
    "allow_data_loss": Action("recovery", "destructive"),
}
PROMOTABLE = ("primary_down_promotable", "data_loss_possible")
NEVER_BACK = {
    "none": "a server that was promoted does not become a standby again; the old primary rejoins with pg_rewind"
}
FENCED = {
    "none": "it must not take writes again before it has rejoined with pg_rewind; the page of db_failover says how"
}
REFUSALS = {
    "partial_partition": "nothing is promoted while a standby receives: look at the network between here and {primary}",
    "unproven": "nothing is promoted without proof: bring a standby back, or look on the host of {primary}",
    "primary_speaks": "it is not gone: ansible-playbook playbooks/db_outage.yml -e service={primary}",
    "replica_lag": "wait until it has replayed, then run this again",
    "role_mismatch": "correct the catalog: service is the primary, and postgresql.standbys of its entry are the others",
    "other_cluster": "correct the catalog: a standby of another cluster is none of this one",
}


def others(service: str, entry_of: Callable[[str], Mapping[str, Any]]) -> list[str]:
    """The standbys of its entry; each of them is a service, and nobody is both."""
    path = f"runbooks_services.{service}.postgresql.standbys"
    names = list((entry_of(service).get("postgresql") or {}).get("standbys") or [])
    if not names:
        raise InputError(
            f"{path}: got nothing; allowed are the names of the services that are its standbys; "
            "for example standbys: [db-replica-1]"
        )
    for name in names:
        theirs = (entry_of(name).get("postgresql") or {}).get("standbys") or []
        if name == service or service in theirs:
            raise InputError(
                f"{path}: got {name}, which is named as a primary and as a standby; allowed is one of the two; "
                f"for example leave {service} out of runbooks_services.{name}.postgresql.standbys"
            )
    return names


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """One server takes writes, the one that was left: that the catalog does not know it yet is no fault of it."""
    return [
        {**found, "severity": "ok"} if found["reason"] == "moved" else found
        for found in findings
        if found["check"] == "postgresql_nodes"
    ]


def plan(situation: Situation) -> list[Entry]:
    found = situation.finding("postgresql_nodes")
    reading = situation.readings.get("postgresql_nodes")
    if found is None or not reading:
        return []
    verdict = cluster.judge(reading, 1024 * situation.inputs["max_lag_kib"])
    if verdict.reason in PROMOTABLE:
        return [promotion(situation, found, verdict)]
    if verdict.reason == "split_brain_risk":
        return [fence(situation, found, verdict)]
    if verdict.reason == "moved" and done_already(situation, reading):
        return []
    if verdict.severity == "crit" or asked_for(situation, reading):
        return [refusal(situation, found, reading)]
    return []


def promotion(situation: Situation, found: Finding, verdict: cluster.Verdict) -> Entry:
    named = [n for n in verdict.candidates if situation.approved("promote_replica", n)]
    asked = asked_for(situation, situation.readings["postgresql_nodes"])
    chosen = (named or list(verdict.candidates))[0]
    why = fencing.lacking(situation.service, situation.catalog)
    if asked and not named:
        why = (
            why
            or f"{asked[0]} is approved, but {chosen} has received more, or is readier: approve that one"
        )
    if verdict.reason == "data_loss_possible" and not situation.approved("allow_data_loss", chosen):
        why = why or (
            f"{found['summary']}: bring it back first; or accept the loss with "
            f'-e \'{{"approve": ["promote_replica@{chosen}", "allow_data_loss@{chosen}"]}}\''
        )
    node = cluster.nodes(situation.readings["postgresql_nodes"])[chosen]
    known = {key: node[key] for key in ("system", "timeline", "lsn", "position")}
    return propose(
        "promote_replica",
        situation.service,
        found,
        f"fence {situation.service}, then promote {chosen}",
        "refused" if why else "planned",
        why,
        parameters={"standby": chosen, **known},
        before={"primary": situation.service, **known},
        undo=NEVER_BACK,
        target=chosen,
    )


def fence(situation: Situation, found: Finding, verdict: cluster.Verdict) -> Entry:
    """Of two that take writes, the one that was left behind."""
    old, service = verdict.old, situation.service
    why = fencing.lacking(service, situation.catalog)
    if not old:
        why = "which of them is the right one, nobody can tell from here: stop one by hand, today"
    elif old != service:
        why = (
            f"{old} was left behind, and {service} is the service of this run: give {old} an entry with its "
            f"standbys, then: ansible-playbook playbooks/db_failover.yml -e service={old}"
        )
    return propose(
        "fence_primary",
        service,
        found,
        f"stop {service} and keep it from starting; what was written to it since is not on the other",
        "refused" if why else "planned",
        why,
        undo=FENCED,
    )


def done_already(situation: Situation, reading: Mapping[str, Any]) -> bool:
    """Who was asked for takes writes: the same run again has nothing to do."""
    nodes = cluster.nodes(reading)
    asked = asked_for(situation, reading)
    return all(name in nodes and not nodes[name]["in_recovery"] for name in asked)


def asked_for(situation: Situation, reading: Mapping[str, Any]) -> list[str]:
    names = [name for name in reading["nodes"] if name != reading["primary"]]
    return [name for name in names if situation.approved("promote_replica", name)]


def refusal(situation: Situation, found: Finding, reading: Mapping[str, Any]) -> Entry:
    """What was asked for, or what the finding calls for, and why it is not done."""
    standbys = [name for name in reading["nodes"] if name != reading["primary"]]
    target = (asked_for(situation, reading) or standbys)[0]
    advice = REFUSALS.get(found["reason"], "nothing is promoted while one takes writes")
    why = f"{found['summary']}; {advice.format(primary=situation.service)}"
    if found["severity"] != "crit" and found["reason"] == "replica_lag":
        why = f"{situation.service} lives, and {found['summary']}: nothing is promoted"
    return propose(
        "promote_replica",
        situation.service,
        found,
        f"promote {target}",
        "refused",
        why,
        target=target,
    )
