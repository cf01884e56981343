# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The node of a chain that a service uses is down, stale or of another chain: it gets another one for a time."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import thresholds
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    nodes,
    restarts,
    symptoms,
    variables,
)

KIND = ""
INPUTS = (
    *thresholds.INPUTS,
    thresholds.BEHIND,
    variables.expiry(240),
    variables.MAX_RESTARTS,
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = {**actions.some("start_service"), nodes.ACTION: nodes.RULE}
contradictions = thresholds.contradictions


def proof(findings: Iterable[Finding]) -> list[Finding]:
    findings = list(findings)
    return [f for f in findings if f["check"] == "rpc_in_use"] + symptoms.proof(findings)


def plan(situation: Situation) -> list[Entry]:
    found, down = situation.finding("rpc_in_use"), symptoms.symptom(situation)
    if down and down["reason"] == "stopped":
        return [restarts.start(situation, down)]
    if found is None or found["severity"] != "crit":
        return []
    return [nodes.switch(situation, found)]
