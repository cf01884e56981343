# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Payouts fail, or nobody knows whether they arrived.

They are paused while the chain cannot be asked, the wallet cannot pay, or the end of a payment is not
known. What was begun is held against the chain before anything goes on, and nothing is ever sent again
unasked. Only a pause of this playbook's own is ended, and only when all is settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import thresholds
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    modes,
    payouts,
    restarts,
    symptoms,
    variables,
)

KIND = "wallet"
NAME = "payment_failure"
MODE = modes.MODES["processing"]
PROBE_OPTIONS = {"mode": {"mode": "processing"}}
INPUTS = (
    *thresholds.INPUTS,
    variables.expiry(240),
    variables.MAX_RESTARTS,
    variables.HOLD,
    Input("timeout_seconds", 60, 1, 3600, "seconds", "give up verifying after this long"),
)
ACTIONS = {
    **actions.some("pause_processing", "start_service", "restart_service"),
    "reconcile_payments": Action("recovery", "safe"),
    "process_payments": Action("recovery", "destructive"),
    # Only what this playbook paused itself, and after everything is settled.
    "resume_payouts": Action("recovery", "safe"),
}
contradictions = thresholds.contradictions
PROOF = ("chain_nodes", "wallets", "payments", "mode")
# The answer is none that could be believed, or comes from somebody else: nothing is done on it.
CLOSED = ("network_mismatch", "bad_answer", "tls_failed", "tls_expired")
# Our own affair, or the key's: no payment is in danger by it.
OURS = ("key_unknown", "key_other_network", "no_method", "bad_parameter", "not_found")
BESIDE = (("warn", "variable_missing"), ("warn", "ageing"), ("warn", "uninitialized"))
PAUSE_AGAIN = {
    "none": "to pause it again: ansible-playbook playbooks/pause_processing.yml -e mode=pause"
}
NO_WAY_BACK = {
    "none": "what was sent is on the chain; the books before and after it are in the evidence"
}


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """Payouts run, on a chain that can be asked, from a wallet that can pay, with no unclear payment."""
    found = [f for f in findings if (f["severity"], f["reason"]) not in BESIDE]
    own = [f for f in found if f["check"] in PROOF and not served_elsewhere(f)]
    return own + symptoms.proof(found)


def served_elsewhere(found: Finding) -> bool:
    """One endpoint of several failed, which is a warning and no hindrance."""
    return bool(found["check"] == "chain_nodes" and found["severity"] == "warn")


def plan(situation: Situation) -> list[Entry]:
    closed = critical(situation, CLOSED)
    if closed:
        why = f"{closed['summary']}; nothing is decided on what it says: mend that first"
        return [
            propose("pause_processing", situation.service, closed, "pause payouts", "refused", why)
        ]
    trouble, worker = cause(situation), repair(situation)
    state = situation.readings["mode"]["state"]
    if state == modes.UNKNOWN:
        return [*worker, *unreadable(situation, trouble)]
    if state == modes.ENTERED:
        settled = settle(situation)
        return [*worker, *settled, *resume(situation, trouble)]
    if trouble is None:
        return [*worker, *close_own(situation)]
    return [pause(situation, trouble), *worker, *go_on(situation, trouble)]


def critical(situation: Situation, reasons: Iterable[str]) -> Finding | None:
    wanted = tuple(reasons)
    found = (f for f in situation.findings if f["severity"] == "crit" and f["reason"] in wanted)
    return next(found, None)


def cause(situation: Situation) -> Finding | None:
    """What payouts must not go on with, the chain first."""
    for check in ("chain_nodes", "wallets", "payments"):
        for found in situation.findings:
            crit = found["check"] == check and found["severity"] == "crit"
            if crit and found["reason"] not in OURS:
                return found
    return None


def unreadable(situation: Situation, trouble: Finding | None) -> list[Entry]:
    if trouble is None:
        return []
    said = situation.finding("mode")
    why = f"whether it is paused cannot be read: {said['summary'] if said else 'nobody tells'}"
    return [
        propose("pause_processing", situation.service, trouble, "pause payouts", "refused", why)
    ]


def pause(situation: Situation, trouble: Finding) -> Entry:
    """By what it says of itself the next run knows its own pause from a person's."""
    entry = modes.enter(situation, MODE, trouble)
    return {**entry, "before": {**entry["before"], "for": NAME}}


def go_on(situation: Situation, trouble: Finding) -> list[Entry]:
    """When only the books are behind the chain, all of it is done at once. The resuming reads again."""
    found = situation.readings["payments"]
    if trouble["reason"] != "unreconciled" or payouts.unsettled(found) != ["unreconciled"]:
        return []
    mode = situation.finding("mode")
    return [reconcile(situation, trouble), *([ended(situation, mode, None)] if mode else [])]


def repair(situation: Situation) -> list[Entry]:
    """The worker itself, when it does not run or does not answer."""
    found = symptoms.symptom(situation)
    if found is None:
        return []
    if found["reason"] == "stopped":
        return [restarts.start(situation, found)]
    return [restarts.restart(situation, found, own=True)]


def settle(situation: Situation) -> list[Entry]:
    """The service's books first. What is lost by then is sent again only when a person says so."""
    reading = situation.readings["payments"]
    groups = reading["groups"]
    found = critical(situation, ("unreconciled", "lost"))
    if found is None or reading["message"]:
        return []
    if groups["unreconciled"]:
        return [reconcile(situation, found)]
    return [process(situation, found)]


def reconcile(situation: Situation, found: Finding) -> Entry:
    why = modes.lacking(situation, "reconcile")
    return propose(
        "reconcile_payments", situation.service, found,
        f"enter into the books of {situation.service} what the chain says",
        "refused" if why else "planned", why,
        before=situation.readings["payments"]["groups"], undo=NO_WAY_BACK,
    )  # fmt: skip


def process(situation: Situation, found: Finding) -> Entry:
    reading = situation.readings["payments"]
    bad = [f["summary"] for f in situation.findings if of_the_wallet(f)]
    why = symptoms.first(
        modes.lacking(situation, "process"),
        payouts.against("process", reading, modes.ENTERED),
        *bad,
    )
    return propose(
        "process_payments", situation.service, found,
        f"send {len(reading['groups']['lost'])} payments again that never arrived and no longer can, once",
        "refused" if why else "planned", why, before=reading["groups"], undo=NO_WAY_BACK,
    )  # fmt: skip


def of_the_wallet(found: Finding) -> bool:
    return bool(found["check"] in ("wallets", "chain_nodes") and found["severity"] == "crit")


def own_pause(situation: Situation) -> Mapping[str, Any] | None:
    """The pause of this playbook that is still in force. Whoever else paused it had a reason."""
    reading = situation.readings.get("history") or {}
    own = [
        change
        for change in reading.get("open", ())
        if change["action"] == MODE.entering and (change["before"] or {}).get("for") == NAME
    ]
    return own[-1] if own else None


def resume(situation: Situation, trouble: Finding | None) -> list[Entry]:
    mode, own = situation.finding("mode"), own_pause(situation)
    if mode is None:
        return []
    if own is None:
        entry = ended(situation, mode, None)
        return [{**entry, "status": "not_needed", "why": somebody_elses(situation)}]
    return [ended(situation, mode, own, blocked(situation, trouble))]


def somebody_elses(situation: Situation) -> str:
    by_hand = f"ansible-playbook playbooks/pause_processing.yml -e service={situation.service} -e mode=resume"
    return f"somebody else paused it, and knows why; when that is over: {by_hand}"


def blocked(situation: Situation, trouble: Finding | None) -> str:
    """Being behind with the books is mended in the same run, before it is resumed."""
    waits = [
        one for one in payouts.unsettled(situation.readings["payments"]) if one != "unreconciled"
    ]
    blind = [f for f in situation.findings if f["check"] in PROOF and f["severity"] == "unknown"]
    why = symptoms.first(
        trouble["summary"] if trouble and trouble["reason"] != "unreconciled" else "",
        f"payments are {payouts.words(waits)}" if waits else "",
        blind[0]["summary"] if blind else "",
    )
    return f"not yet: {why}; it stays paused, run this again" if why else ""


def ended(
    situation: Situation, found: Finding, own: Mapping[str, Any] | None, why: str = ""
) -> Entry:
    """Without a pause of an earlier run it is the one that this run makes first."""
    entry = modes.leave(situation, MODE, found)
    named = {key: own[key] for key in ("incident", "number")} if own else {"action": MODE.entering}
    if why:
        entry.update(status="refused", why=why)
    summary = f"resume the payouts of {situation.service} when all is settled"
    return {
        **entry,
        "action": "resume_payouts",
        "summary": summary,
        "parameters": {"reverts": named},
        "undo": PAUSE_AGAIN,
    }


def close_own(situation: Situation) -> list[Entry]:
    """A pause that was announced by a run that was killed, and never took effect or is over."""
    own, found = own_pause(situation), situation.finding("history")
    if own is None or found is None:
        return []
    entry = ended(situation, found, own)
    summary = f"close the record of a pause, of incident {own['incident']}: payouts are running"
    return [{**entry, "summary": summary, "before": {"state": modes.LEFT}}]
