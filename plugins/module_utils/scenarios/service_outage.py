# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several services are down, or one is: what others need is brought back first.

The play has the named services and all that they need. They act in waves, by how much they need:
a database before the api before the web. Each looks again in its own wave, after what it needs has
come back; one that was only a symptom is well again by then and is left alone.
"""

from __future__ import annotations

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

KIND = ""
INPUTS = (
    Input(
        "grace_seconds",
        30,
        0,
        600,
        "seconds",
        "how long a service may take to come back by itself after what it needs is back",
    ),
    variables.MAX_RESTARTS,
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("start_service", "restart_service")
proof = symptoms.proof


def plan(situation: Situation) -> list[Entry]:
    found = symptoms.symptom(situation)
    if found is None:
        return []
    if situation.promised and symptoms.depends_on_what_is_down(situation):
        return [afterwards(situation, found)]
    if found["reason"] == "stopped":
        return [restarts.start(situation, found)]
    return [restarts.restart(situation, found)]


def afterwards(situation: Situation, found: Finding) -> Entry:
    """In check mode: what it would come to once what the service needs were back."""
    return propose(
        "restart_service",
        situation.service,
        found,
        f"restart {situation.service}, unless it comes back by itself within "
        f"{situation.inputs['grace_seconds']} s",
        why=f"it is looked at again once {', '.join(situation.promised)} is back",
        before=symptoms.state(situation),
    )
