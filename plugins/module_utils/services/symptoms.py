# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a service, and what forbids to act on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.workload import HELD
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Finding, Situation

# Said of a service that serves, too: no symptom, and no hindrance to being called recovered.
BESIDE = (("warn", "restarted"), ("warn", "need_daemon_reload"), ("warn", "node_not_ready"))
PROOF = ("workload", "health")


def symptom(situation: Situation) -> Finding | None:
    """The first critical finding about the service itself; its platform knows more than its answer."""
    return next(
        (
            found
            for check in PROOF
            for found in situation.findings
            if found["check"] == check and found["severity"] == "crit"
        ),
        None,
    )


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """What must be ok before a service counts as recovered: that it runs, and that it answers."""
    return [f for f in findings if f["check"] in PROOF and not is_beside(f)]


def is_beside(found: Finding) -> bool:
    return (found["severity"], found["reason"]) in BESIDE


def first(*tests: str) -> str:
    return next((why for why in tests if why), "")


def forbidden(situation: Situation) -> str:
    """Why nothing may be done to the service at all, whatever is wrong with it."""
    return first(
        in_maintenance(situation),
        dependency_down(situation),
        held(situation),
        unreadable(situation),
    )


def in_maintenance(situation: Situation) -> str:
    """It is meant not to answer, as long as we ourselves said so."""
    reading = situation.readings.get("history") or {}
    for change in reading.get("open", ()):
        # One that failed on its way counts when its own reading says so, and no sooner.
        if change["action"] == "enter_maintenance" and change["status"] != "failed":
            return (
                f"it is in maintenance since incident {change['incident']}, until {change['expires_at']}; to end that: "
                f"ansible-playbook playbooks/maintenance_mode.yml -e service={situation.service} -e mode=leave"
            )
    return ""


def dependency_down(situation: Situation) -> str:
    """An application whose database is gone is not mended by a restart, and may be harmed by one."""
    roots = [f for f in situation.findings if f["reason"] == "dependency_down"]
    if roots:
        return (
            f"{roots[0]['summary']}; this service only shows it and is left alone: "
            f"ansible-playbook playbooks/service_outage.yml -e service={situation.service}"
        )
    blind = [f for f in situation.findings if f["reason"] == "dependency_unreadable"]
    if blind:
        return (
            f"nobody knows whether it is the service or what it depends on: {blind[0]['summary']}"
        )
    return ""


def depends_on_what_is_down(situation: Situation) -> bool:
    return any(found["reason"] == "dependency_down" for found in situation.findings)


def held(situation: Situation) -> str:
    for found in situation.findings:
        if found["check"] == "workload" and found["reason"] in HELD:
            return f"somebody decided that: {found['summary']}; ask who, and undo it by hand"
    return ""


def unreadable(situation: Situation) -> str:
    refused = workload(situation).get("refused")
    if not refused:
        return ""
    return f"what it runs on cannot be read or changed from here: {refused['message']}"


def owned(situation: Situation) -> str:
    owner = workload(situation).get("owners", {}).get("gitops")
    if not owner:
        return ""
    return f"{owner} deploys this service and would undo it (externally_managed); change it there"


def obstacle(situation: Situation, verb: str) -> str:
    return str(workload(situation).get("obstacles", {}).get(verb, ""))


def workload(situation: Situation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = situation.readings.get("workload") or {}
    return found


def history(situation: Situation) -> Sequence[Mapping[str, Any]]:
    """What runbooks changed of this service within the last hour; the newest last."""
    reading = situation.readings.get("history") or {}
    return list(reading.get("changes", ()))


def state(situation: Situation) -> dict[str, Any]:
    """As the change records it: what runs, which release, since when."""
    reading = workload(situation)
    kept = ("name", "state", "started_at", "restarts", "exit_code", "release")
    return {
        "current": reading.get("current"),
        "instances": [{key: one[key] for key in kept} for one in reading.get("instances", ())],
    }
