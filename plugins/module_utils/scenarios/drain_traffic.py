# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server behind a proxy, or a node of a cluster, is taken out of the work of a service for a time.

Never the last one that is well, and never two nodes at once. A node that is not ready is only
closed to new pods: what runs on it cannot be moved while nobody there confirms that it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.workload import serves
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError, Text
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    symptoms,
    variables,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import (
    IN_USE,
    NAME,
    Member,
    asked_for,
    label,
    meant,
)

KIND = ""
GOAL = "request"
INPUTS = (
    Text(
        "upstream",
        None,
        NAME,
        "a server as the findings show it: its name, its address, or POOL/NAME",
        "10.0.0.7:8080",
        "the server of the proxy that is to get no more requests",
    ),
    Text(
        "node",
        None,
        r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?",
        "the name of a node: small letters, digits, '-' and '.'",
        "worker-3",
        "the node that is to be left by the service's pods",
    ),
    Input("min_healthy", 1, 1, 1000, "servers or pods", "so many that are well must stay"),
    variables.expiry(60),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some(
    "drain_upstream", "return_upstream", "cordon_node", "uncordon_node", "drain_node"
)
# What is said of the workload, and is no news after this: the lost node itself, and of a service
# that nobody here manages, nothing.
NO_HINDRANCE = ("node_not_ready", "not_managed")


def contradictions(values: Mapping[str, Any]) -> None:
    if values["upstream"] is not None and values["node"] is not None:
        raise InputError(
            f"upstream: got {values['upstream']}, with node {values['node']}; allowed is one of the two; "
            f"for example -e node={values['node']}"
        )


def plan(situation: Situation) -> list[Entry]:
    found, asked = situation.finding("traffic"), asked_for(situation.inputs)
    if found is None or asked is None or found["severity"] == "ok":
        return []
    reading, by_node = situation.readings["traffic"], situation.inputs["node"] is not None
    chosen = meant(reading, asked) if not reading["refused"] else ()
    if len(chosen) != 1:
        action = "cordon_node" if by_node else "drain_upstream"
        said = found["summary"]
        return [propose(action, situation.service, found, said, "refused", said)]
    if by_node:
        return [of_node(situation, found, chosen[0])]
    # What is out already, and is being left, needs no more than patience.
    return [of_upstream(situation, found, chosen[0])] if chosen[0]["state"] == IN_USE else []


def of_upstream(situation: Situation, found: Finding, one: Member) -> Entry:
    why = symptoms.first(obstacle(situation), several(situation), too_few_others(situation, one))
    place = {"pool": one["pool"], "upstream": one["name"]}
    undo = {
        "how": {
            "action": "return_upstream",
            "parameters": place,
            "summary": f"give {label(one)} its share again",
        }
    }
    return propose(
        "drain_upstream",
        situation.service,
        found,
        f"drain {label(one)} of {situation.service}",
        "refused" if why else "planned",
        why,
        place,
        one,
        undo,
        situation.inputs["expires_minutes"],
    )


def of_node(situation: Situation, found: Finding, one: Member) -> Entry:
    """Whoever had cordoned it opens it again: then nothing of this is undone."""
    name, minimum = one["name"], lowest(situation)
    evicts = bool(one["healthy"] and one["load"])
    why = symptoms.first(
        symptoms.unreadable(situation),
        obstacle(situation),
        too_few(situation, name, minimum) if evicts else "",
    )
    undo: dict[str, Any] = {"none": f"{name} was cordoned before, and stays so"}
    if one["state"] == IN_USE:
        summary = f"open node {name} to new pods again; those that have moved stay where they are"
        undo = {
            "how": {"action": "uncordon_node", "parameters": {"node": name}, "summary": summary}
        }
    what = f"; evict {one['load']} of {situation.service} from it, one at a time" if evicts else ""
    return propose(
        "drain_node" if evicts else "cordon_node",
        situation.service,
        found,
        f"cordon node {name}{what}",
        "refused" if why else "planned",
        why,
        {"node": name, "minimum": minimum},
        one,
        undo,
        situation.inputs["expires_minutes"] if "how" in undo else None,
    )


def obstacle(situation: Situation) -> str:
    return str(next(iter(situation.readings["traffic"]["obstacles"]), ""))


def several(situation: Situation) -> str:
    """A command inside reaches one container or pod; the others would go on as before."""
    reading = symptoms.workload(situation)
    many = len(reading.get("instances", ()))
    if reading.get("platform") not in ("compose", "kubernetes") or many < 2:
        return ""
    return (
        f"the proxy runs {many} times, and only one of them is reached from here: the others would go on; "
        "drain it in each by hand"
    )


def too_few_others(situation: Situation, one: Member) -> str:
    minimum = situation.inputs["min_healthy"]
    left = [
        other
        for other in situation.readings["traffic"]["members"]
        if other["pool"] == one["pool"] and other is not one
        if other["state"] == IN_USE and other["healthy"]
    ]
    if len(left) >= minimum:
        return ""
    return (
        f"it would leave {len(left)} in {one['pool']} that are well, and min_healthy={minimum} must stay; "
        "mend or add one first"
    )


def lowest(situation: Situation) -> int:
    given = (situation.catalog.get("replicas") or {}).get("min") or 1
    return int(max(given, situation.inputs["min_healthy"]))


def too_few(situation: Situation, node: str, minimum: int) -> str:
    """One goes at a time, and the next one when another has taken its place."""
    serving = [one for one in symptoms.workload(situation).get("instances", ()) if serves(one)]
    cost = any(one["node"] == node for one in serving)
    if not cost or len(serving) - 1 >= minimum:
        return ""
    return (
        f"{len(serving)} serve, and while one moves {len(serving) - 1} would, with {minimum} as the least; "
        f"more first: ansible-playbook playbooks/scale_emergency.yml -e service={situation.service} "
        f"-e replicas={minimum + 1}"
    )


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """It is out, and the service still answers."""
    findings = list(findings)
    out = [found for found in findings if found["check"] == "traffic"]
    return out + [
        found for found in symptoms.proof(findings) if found["reason"] not in NO_HINDRANCE
    ]
