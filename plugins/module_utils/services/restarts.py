# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start and restart: proposed, or refused with the reason."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.history import RESTARTS
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms

# A restart of these is what the database's or the queue's own runbook does, after its own checks.
STATEFUL = ("postgresql", "redis", "queue", "chain_node", "wallet")
# What a restart cannot change, and what a person has to do instead.
NO_USE = {
    "config_invalid": "its configuration is invalid; mend it, then run this again",
    "port_conflict": "another process has its port; end or move that one, which is not ours to do",
    "unschedulable": "no node has room for it; make room or ask for less, then run this again",
    "node_not_ready": "its node is not ready, which no restart mends; look at the node, and keep new pods from it "
    "with drain_traffic.yml -e node=NAME",
    "image_pull": "its image cannot be fetched; deploy a release that can",
    "missing": "nothing of it is there; deploy it",
    "tls_expired": "its certificate has expired; renew it",
    "tls_failed": "its certificate is not trusted; look at its name, its chain and its issuer",
    "redirect_loop": "it redirects in a circle; look at its configuration and the proxy before it",
    "too_large": "its health endpoint answers too much; give the catalog another one",
    "dns_failure": "its name is not known here; look at the resolver",
}
CLIENT_ERROR = range(400, 500)


def start(situation: Situation, found: Finding) -> Entry:
    why = symptoms.first(
        symptoms.forbidden(situation), symptoms.obstacle(situation, "start"), too_often(situation)
    )
    return propose(
        "start_service",
        situation.service,
        found,
        f"start {situation.service}",
        "refused" if why else "planned",
        why,
        before=symptoms.state(situation),
        undo={
            "how": {
                "action": "stop_service",
                "parameters": {},
                "summary": f"stop {situation.service}",
            }
        },
    )


def restart(situation: Situation, found: Finding, own: bool = False) -> Entry:
    """`own` is said by the runbook of that very kind, after its own checks."""
    why = symptoms.first(
        symptoms.forbidden(situation),
        "" if own else stateful(situation),
        no_use(situation, found),
        symptoms.obstacle(situation, "restart"),
        too_often(situation),
    )
    return propose(
        "restart_service",
        situation.service,
        found,
        f"restart {situation.service}, one instance at a time",
        "refused" if why else "planned",
        why,
        before=symptoms.state(situation),
        undo={"none": "what ran before is gone; its logs and its state are kept as evidence"},
    )


def stateful(situation: Situation) -> str:
    kind = situation.catalog["kind"]
    if kind not in STATEFUL:
        return ""
    return (
        f"it is a {kind}: it runs, and a restart of one that runs needs that kind's own checks; "
        "it is not restarted from here"
    )


def no_use(situation: Situation, found: Finding) -> str:
    if found["reason"] in NO_USE:
        return f"a restart would not help: {NO_USE[found['reason']]}"
    status = (situation.readings.get("health") or {}).get("status")
    if found["reason"] == "wrong_status" and status in CLIENT_ERROR:
        return (
            f"it answers {status}, which tells of the question and not of a broken service; "
            "look at the health entry of the catalog, at authentication and at rate limits"
        )
    return ""


def too_often(situation: Situation) -> str:
    """A fault that comes back is not cured by one more restart."""
    cap = situation.inputs["max_restarts"]
    done = [change for change in symptoms.history(situation) if change["action"] in RESTARTS]
    if len(done) < cap:
        return ""
    incidents = ", ".join(dict.fromkeys(change["incident"] for change in done))
    return (
        f"runbooks started or restarted it {len(done)} times within the last hour ({incidents}) and it "
        f"fails again: max_restarts={cap} is the cap; a person has to look at it now: escalate"
    )
