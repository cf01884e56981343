# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The index is behind its chain. Whether the node is, or the worker, is told apart before anything is done.

A node that is behind is left for another one of the catalog, for a time; a worker that does not move is
restarted, and nothing but it. One that catches up is only followed.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import thresholds
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    modes,
    nodes,
    restarts,
    symptoms,
    variables,
)

KIND = "indexer"
PROBE_OPTIONS = {"mode": {"mode": "processing"}}
INPUTS = (
    *thresholds.INPUTS,
    thresholds.BEHIND,
    Input("max_lag_blocks", 50, 1, 10**9, "blocks", "so far behind is no lag yet"),
    Input("interval_seconds", 5, 1, 60, "seconds", "the pace is measured over this long"),
    variables.expiry(240),
    variables.MAX_RESTARTS,
    Input(
        "grace_seconds",
        900,
        0,
        3600,
        "seconds",
        "follow one that catches up by itself for this long",
    ),
    Input("hold_seconds", 0, 0, 600, "seconds", "recovered means without a lag for this long"),
    Input("timeout_seconds", 900, 1, 3600, "seconds", "give up following it after this long"),
)
ACTIONS = {**actions.some("start_service", "restart_service"), nodes.ACTION: nodes.RULE}
contradictions = thresholds.contradictions
LAGGING = ("stuck", "falling_behind")


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """It has caught up, with a node that serves."""
    findings = list(findings)
    own = [f for f in findings if f["check"] in ("rpc_in_use", "indexer_lag")]
    return own + symptoms.proof(findings)


def estimate(findings: Iterable[Finding]) -> float | None:
    """Seconds until it is there, at its pace."""
    return next((float(f["value"]) for f in findings if f["reason"] == "catching_up"), None)


def coming_back(findings: Iterable[Finding]) -> bool:
    """It catches up by itself, with nothing else wrong: all that is to be done is to follow it."""
    wrong = [f for f in proof(findings) if f["severity"] != "ok"]
    return bool(wrong) and all(f["reason"] == "catching_up" for f in wrong)


def plan(situation: Situation) -> list[Entry]:
    lag, node = situation.finding("indexer_lag"), situation.finding("rpc_in_use")
    down = symptoms.symptom(situation)
    if paused(situation) and lag and lag["severity"] != "ok":
        return [is_paused(situation, lag)]
    if down and down["reason"] == "stopped":
        return [restarts.start(situation, down)]
    if node and node["severity"] == "crit":
        return [nodes.switch(situation, node)]
    if down:
        return [restarts.restart(situation, down)]
    if lag and lag["reason"] in LAGGING:
        return [restarts.restart(situation, lag)]
    return []


def paused(situation: Situation) -> bool:
    return bool(situation.readings["mode"]["state"] == modes.ENTERED)


def is_paused(situation: Situation, lag: Finding) -> Entry:
    why = (
        "its processing is paused, so it is meant to lag; when that is over: "
        f"ansible-playbook playbooks/pause_processing.yml -e service={situation.service} -e mode=resume"
    )
    return propose(
        "restart_service", situation.service, lag, f"restart {situation.service}", "refused", why
    )
