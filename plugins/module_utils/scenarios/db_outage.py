# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL server does not serve: what looks alike is told apart, and only what is down is started.

One that starts, recovers or shuts down is waited for. One that speaks, whatever it says, is never
restarted; nor is one that only the control node cannot see.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREACHABLE,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    restarts,
    symptoms,
    variables,
)

KIND = "postgresql"
INPUTS = (
    Input("grace_seconds", 300, 0, 3600, "seconds", "how long a server that starts or recovers is waited for"),
    variables.MAX_RESTARTS,
    variables.HOLD,
    variables.TIMEOUT,
)  # fmt: skip
ACTIONS = actions.some("start_service", "restart_server")
PROBE_OPTIONS = {
    "postgresql": {"sections": ["server", "slots", "sessions", "replication", "transactions"]}
}
ON_ITS_WAY = ("starting_up", "recovering", "shutting_down")
# Seen where the server lives: what stands against a start, and what to do about it.
NO_START = {
    "answers_there": "a restart would end the work of everybody else; look at the network, the firewall and the "
    "address in the catalog",
    "rejecting": "it starts, recovers or shuts down: wait for it",
    "disk_full": "a start would fail, or end in the midst of recovery; make room first, and never by "
    "deleting WAL",
    "config_invalid": "mend the file that it names, then run this again",
}
NOT_BACK = {"none": "what ran before is gone; its logs are kept as evidence"}


def coming_back(findings: Iterable[Finding]) -> bool:
    """By itself, so that waiting for it is all that is to be done."""
    return any(
        (found["check"], found["reason"]) == ("postgresql_place", "rejecting")
        or (found["check"] == "postgresql_access" and found["reason"] in ON_ITS_WAY)
        for found in findings
    )


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """It lets us in, and its platform says that it runs."""
    findings = list(findings)
    return [f for f in findings if f["check"] == "postgresql_access"] + symptoms.proof(findings)


def plan(situation: Situation) -> list[Entry]:
    found = situation.finding("postgresql_access")
    if found is None or found["severity"] == "ok":
        return []
    if found["reason"] == "slots_reserved":
        service = situation.service
        why = f"it is up and full: ansible-playbook playbooks/db_connection_exhausted.yml -e service={service}"
        return [restart(situation, found, why)]
    if found["reason"] in ON_ITS_WAY:
        waited = situation.inputs["grace_seconds"]
        why = (
            f"{found['summary']}; it was waited for, up to {waited} s, and a restart would only begin that anew; "
            "look at its log for how far it is, and run this again with a longer -e grace_seconds"
        )
        return [restart(situation, found, why)]
    if found["reason"] not in UNREACHABLE:
        return []  # it speaks: what it says is the error
    return [silent(situation, found)]


def silent(situation: Situation, found: Finding) -> Entry:
    """Nobody answers here. Where the server lives more is known."""
    seen = {f["reason"]: f for f in situation.findings if f["check"] == "postgresql_place"}
    against = next((reason for reason in NO_START if reason in seen), None)
    if against:
        why = f"{seen[against]['summary']}; {NO_START[against]}"
    elif situation.catalog["platform"] == "external":
        why = by_hand(situation)
    else:
        why = symptoms.forbidden(situation)
    # A command that asks for the status may take one that hangs for one that is gone.
    if stopped(situation) and "hung" not in seen:
        entry = restarts.start(situation, found)
        return {**entry, "status": "refused", "why": why} if why else entry
    if not why and not {"hung", "not_running"} & seen.keys():
        why = "it runs, and nobody could ask it where it lives: look there by hand"
    return restart(situation, found, why)


def stopped(situation: Situation) -> bool:
    """As the platform has it; nothing of it is running, so there is nothing to interrupt."""
    reading = symptoms.workload(situation)
    instances = reading.get("instances", ())
    return not reading.get("refused") and not any(
        one["state"] in ("running", "starting", "restarting", "paused") for one in instances
    )


def restart(situation: Situation, found: Finding, why: str = "") -> Entry:
    why = why or symptoms.first(
        symptoms.obstacle(situation, "restart"), restarts.too_often(situation)
    )
    return propose(
        "restart_server",
        situation.service,
        found,
        f"restart {situation.service}; whoever is connected is cut off",
        "refused" if why else "planned",
        why,
        before=symptoms.state(situation),
        undo=NOT_BACK,
    )


def by_hand(situation: Situation) -> str:
    port = situation.catalog["postgresql"].get("port") or 5432
    return (
        "platform external: nobody here can look at the server or start it; by hand, on its own host: "
        f"pg_isready -p {port}, the end of its log, df -h; start it only when it does not run and its disk has room"
    )
